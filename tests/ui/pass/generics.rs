//! Type, lifetime and const parameters.

use std::fmt::Display;

use skillset::skillset;

#[skillset(model = "vit", task = "image-classification", backends(onnx_cpu, cpu))]
pub struct MySkill<'a, T, const N: usize = 2>
where
    T: Display + 'a,
{
    pub names: [&'a T; N],
}

#[skillset(model = "vit", task = "image-feature-extraction", backends(cpu))]
struct Tuple<T: Default>(T)
where
    T: Clone;

#[test]
fn generics_and_bounds_are_kept() {
    let name = String::from("a");
    assert!(MySkill::from_dir("/nowhere", [&name, &name]).is_err());
    assert_eq!(MySkill::<String>::TASK, "image-classification");
    assert!(Tuple::from_dir("/nowhere", 3).map(|skill| skill.0).is_err());
}
