//! Ranks texts by their likeness to the first one:
//!
//! ```sh
//! cargo run -p library-author --example rank CHECKPOINT 'a text' 'another one' 'a third one'
//! ```

use library_author::Similarity;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [checkpoint, query, candidates @ ..] = &*arguments else {
        return Err(
            "expected a checkpoint (a directory or a hub id), a text, and texts to compare with it".into()
        );
    };
    let similarity = Similarity::from_pretrained(checkpoint)?;
    println!("on {}", similarity.placement().engine);
    let candidates: Vec<&str> = candidates.iter().map(String::as_str).collect();
    for (position, likeness) in similarity.rank(query, &candidates)? {
        println!("{likeness:.3}  {}", candidates[position]);
    }
    Ok(())
}
