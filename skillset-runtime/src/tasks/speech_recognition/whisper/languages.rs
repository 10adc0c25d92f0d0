//! The languages that Whisper was trained on: `LANGUAGES` and `TO_LANGUAGE_CODE` of transformers.

/// Codes and names.
#[rustfmt::skip]
const LANGUAGES: [(&str, &str); 100] = [
    ("en", "english"), ("zh", "chinese"), ("de", "german"), ("es", "spanish"), ("ru", "russian"),
    ("ko", "korean"), ("fr", "french"), ("ja", "japanese"), ("pt", "portuguese"), ("tr", "turkish"),
    ("pl", "polish"), ("ca", "catalan"), ("nl", "dutch"), ("ar", "arabic"), ("sv", "swedish"),
    ("it", "italian"), ("id", "indonesian"), ("hi", "hindi"), ("fi", "finnish"), ("vi", "vietnamese"),
    ("he", "hebrew"), ("uk", "ukrainian"), ("el", "greek"), ("ms", "malay"), ("cs", "czech"),
    ("ro", "romanian"), ("da", "danish"), ("hu", "hungarian"), ("ta", "tamil"), ("no", "norwegian"),
    ("th", "thai"), ("ur", "urdu"), ("hr", "croatian"), ("bg", "bulgarian"), ("lt", "lithuanian"),
    ("la", "latin"), ("mi", "maori"), ("ml", "malayalam"), ("cy", "welsh"), ("sk", "slovak"),
    ("te", "telugu"), ("fa", "persian"), ("lv", "latvian"), ("bn", "bengali"), ("sr", "serbian"),
    ("az", "azerbaijani"), ("sl", "slovenian"), ("kn", "kannada"), ("et", "estonian"), ("mk", "macedonian"),
    ("br", "breton"), ("eu", "basque"), ("is", "icelandic"), ("hy", "armenian"), ("ne", "nepali"),
    ("mn", "mongolian"), ("bs", "bosnian"), ("kk", "kazakh"), ("sq", "albanian"), ("sw", "swahili"),
    ("gl", "galician"), ("mr", "marathi"), ("pa", "punjabi"), ("si", "sinhala"), ("km", "khmer"),
    ("sn", "shona"), ("yo", "yoruba"), ("so", "somali"), ("af", "afrikaans"), ("oc", "occitan"),
    ("ka", "georgian"), ("be", "belarusian"), ("tg", "tajik"), ("sd", "sindhi"), ("gu", "gujarati"),
    ("am", "amharic"), ("yi", "yiddish"), ("lo", "lao"), ("uz", "uzbek"), ("fo", "faroese"),
    ("ht", "haitian creole"), ("ps", "pashto"), ("tk", "turkmen"), ("nn", "nynorsk"), ("mt", "maltese"),
    ("sa", "sanskrit"), ("lb", "luxembourgish"), ("my", "myanmar"), ("bo", "tibetan"), ("tl", "tagalog"),
    ("mg", "malagasy"), ("as", "assamese"), ("tt", "tatar"), ("haw", "hawaiian"), ("ln", "lingala"),
    ("ha", "hausa"), ("ba", "bashkir"), ("jw", "javanese"), ("su", "sundanese"), ("yue", "cantonese"),
];

/// Other names.
#[rustfmt::skip]
const ALIASES: [(&str, &str); 12] = [
    ("my", "burmese"), ("ca", "valencian"), ("nl", "flemish"), ("ht", "haitian"), ("lb", "letzeburgesch"),
    ("ps", "pushto"), ("pa", "panjabi"), ("ro", "moldavian"), ("ro", "moldovan"), ("si", "sinhalese"),
    ("es", "castilian"), ("zh", "mandarin"),
];

/// The code of a language that is called so, or has this code.
pub(super) fn code(name: &str) -> Option<&'static str> {
    let all = || LANGUAGES.iter().chain(&ALIASES);
    let named = all().find(|(_, known)| *known == name).or_else(|| all().find(|(code, _)| *code == name));
    named.map(|(code, _)| *code)
}

/// Whether this is the code of a language.
pub(super) fn is_code(text: &str) -> bool {
    LANGUAGES.iter().any(|(code, _)| *code == text)
}

/// All names of languages.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    LANGUAGES.iter().chain(&ALIASES).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_have_codes_names_and_other_names() {
        assert_eq!([code("en"), code("english"), code("castilian")], [Some("en"), Some("en"), Some("es")]);
        assert_eq!((code("klingon"), is_code("yue"), is_code("transcribe")), (None, true, false));
    }
}
