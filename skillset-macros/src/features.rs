//! Cargo features of the facade, which forwards them to this crate.

/// Which features are on.
#[derive(Clone, Copy)]
pub struct Features(pub &'static [&'static str]);

impl Features {
    /// Those of this build.
    pub fn of_this_build() -> Self {
        const ALL: [(&str, bool); 6] = [
            ("audio", cfg!(feature = "audio")),
            ("multimodal", cfg!(feature = "multimodal")),
            ("text", cfg!(feature = "text")),
            ("vision", cfg!(feature = "vision")),
            ("cuda", cfg!(feature = "cuda")),
            ("metal", cfg!(feature = "metal")),
        ];
        static ON: std::sync::LazyLock<Vec<&'static str>> =
            std::sync::LazyLock::new(|| ALL.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect());
        Self(&ON)
    }

    /// Whether a feature is on.
    pub fn has(self, name: &str) -> bool {
        self.0.contains(&name)
    }
}
