//! Labels of a type of one's own.

use skillset::tasks::Classification;
use skillset::{Labels, SkillError, skillset};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Labels)]
pub enum Sentiment {
    Negative,
    #[label = "very positive"]
    Positive,
}

mod digits {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, skillset::Labels)]
    pub enum Digit {
        Zero,
    }
}

#[skillset(model = "bert", task = "text-classification", backends(cpu), labels = Sentiment)]
pub struct Texts;

#[skillset(model = "vit", task = "image-classification", backends(cpu), labels = digits::Digit)]
pub struct Images;

#[test]
fn labels_are_an_enum() {
    assert_eq!(Sentiment::NAMES, ["Negative", "very positive"]);
    assert_eq!(Sentiment::EXACT, [false, true]);
    assert_eq!((Sentiment::from_id(1), Sentiment::from_id(2)), (Some(Sentiment::Positive), None));
    assert_eq!((Sentiment::Positive.id(), Sentiment::Positive.name()), (1, "very positive"));
    let _: fn(&Texts) -> Result<Vec<Classification<Sentiment>>, SkillError> = |skill| skill.run("a");
    assert_eq!((Images::TASK, digits::Digit::Zero.id()), ("image-classification", 0));
}
