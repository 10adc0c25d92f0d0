//! Skills that are not public.

mod inner {
    use skillset::skillset;

    #[skillset(model = "bert", task = "fill-mask", backends(cpu))]
    pub(crate) struct InCrate;

    #[skillset(model = "bert", task = "fill-mask", backends(cpu))]
    pub(super) struct InSuper {
        pub(super) own: u8,
    }

    #[skillset(model = "bert", task = "fill-mask", backends(cpu))]
    struct Private;

    pub fn private() -> &'static str {
        Private::TASK
    }
}

#[test]
fn visibility_is_kept() {
    assert_eq!((inner::InCrate::TASK, inner::private()), ("fill-mask", "fill-mask"));
    assert!(inner::InSuper::from_dir("/nowhere", 1).map(|skill| skill.own).is_err());
}
