//! Text generation, piece by piece.

use skillset::skillset;
use skillset::tasks::{Image, Message, TextGenerationOptions};

use crate::support::checkpoint;

#[skillset(
    model = "llama",
    task = "text-generation",
    backends(cpu),
    generation(max_new_tokens = 12, do_sample = false)
)]
struct Writer;

#[test]
fn the_pieces_are_the_text() {
    let folder = checkpoint("llama-text-generation");
    let writer = Writer::from_dir(folder.path()).unwrap();
    let options = TextGenerationOptions { return_full_text: false, ..TextGenerationOptions::default() };
    let whole = writer.run_with("Once upon a time", &options).unwrap().text;
    let pieces: Vec<String> = writer.stream("Once upon a time").unwrap().map(Result::unwrap).collect();
    assert!(pieces.len() > 1, "{pieces:?}");
    assert_eq!(pieces.concat(), whole);
}

#[test]
fn a_stream_takes_options_and_refuses_bad_ones() {
    let folder = checkpoint("llama-text-generation");
    let writer = Writer::from_dir(folder.path()).unwrap();
    let mut options = TextGenerationOptions::default();
    options.generation.max_new_tokens = Some(3);
    let sequence = {
        let mut stream = writer.stream_with("Once upon a time", &options).unwrap();
        while stream.next().is_some() {}
        stream.into_sequence()
    };
    assert_eq!(sequence.new_tokens().len(), 3);
    options.generation.max_new_tokens = Some(0);
    let error = writer.stream_with("Once upon a time", &options).err().expect("no token is asked for");
    assert!(error.to_string().contains("max_new_tokens: expected at least 1, found 0"), "{error}");
}

#[skillset(
    model = "llava",
    task = "image-text-to-text",
    backends(cpu),
    generation(max_new_tokens = 12, do_sample = false)
)]
struct Seer;

#[test]
fn the_pieces_behind_an_image_are_the_text() {
    let folder = checkpoint("llava-image-text-to-text");
    let seer = Seer::from_dir(folder.path()).unwrap();
    let image = Image::from_pixels(vec![90; 20 * 30 * 3], 20, 30, 3).unwrap();
    let chat = vec![Message::user(vec![image.into(), "Where does Alice live?".into()])];
    let whole = seer.run(chat.clone()).unwrap();
    let pieces: Vec<String> = seer.stream(chat).unwrap().map(Result::unwrap).collect();
    assert!(pieces.len() > 1, "{pieces:?}");
    assert_eq!(pieces.concat(), whole.text);
    assert_eq!(whole.messages.map(|messages| messages.len()), Some(2));
}

#[test]
fn images_and_their_places_must_be_as_many() {
    let folder = checkpoint("llava-image-text-to-text");
    let seer = Seer::from_dir(folder.path()).unwrap();
    let image = || Image::from_pixels(vec![90; 12], 2, 2, 3).unwrap();
    for (prompt, found) in
        [((image(), "no place"), "1 images for 0"), ((image(), "<image><image>"), "1 images for 2")]
    {
        let error = seer.run(prompt).unwrap_err().to_string();
        assert!(
            error.ends_with(&format!("as many images as \"<image>\" in the text, found {found}")),
            "{error}"
        );
        assert!(error.contains("image-text-to-text: input 0: "), "{error}");
    }
}
