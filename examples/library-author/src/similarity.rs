//! What texts are about.

use skillset::{SkillError, skillset};

/// Compares texts by their meaning.
///
/// ```no_run
/// let similarity = library_author::Similarity::load()?;
/// let ranking = similarity.rank("How do I reset my password?", &["Opening hours", "Account recovery"])?;
/// assert_eq!(ranking[0].0, 1);
/// # Ok::<(), skillset::SkillError>(())
/// ```
#[skillset(
    model = "bert",
    task = "sentence-similarity",
    backends(cuda, onnx_cpu, cpu),
    checkpoint = "sentence-transformers/all-MiniLM-L6-v2",
    max_length = 256,
    pooling = "mean",
    normalize = true
)]
pub struct Similarity;

impl Similarity {
    /// The positions of `candidates` and their likeness to `query` from -1 to 1, the most alike first.
    ///
    /// # Errors
    /// If a text is empty, or the model fails.
    pub fn rank(&self, query: &str, candidates: &[&str]) -> Result<Vec<(usize, f32)>, SkillError> {
        let query = self.run(query)?;
        let candidates: Vec<_> = candidates.iter().map(|&text| text.into()).collect();
        let embeddings = self.run_batch(&candidates)?;
        let mut ranking: Vec<_> = embeddings.iter().map(|other| query.cosine(other)).enumerate().collect();
        ranking.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        Ok(ranking)
    }
}
