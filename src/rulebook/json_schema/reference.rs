//! Every setting with its meaning, from the schemas that editors use: for `pricer help min_margin` and for the docs.

use super::{SchemaOf, json_schema};
use serde_json::Value;

/// One key of one kind of file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// `rules/*.toml`
    pub file: &'static str,
    /// `guard.NAME.min_margin`
    pub path: String,
    pub required: bool,
    pub about: String,
    /// `"22%"`, or the words it may be.
    pub like: String,
}

impl Setting {
    /// The last key of the path.
    #[must_use]
    pub fn key(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or(&self.path)
    }
}

/// All settings, in the order of the files.
#[must_use]
pub fn settings() -> Vec<Setting> {
    let mut found = Vec::new();
    for of in SchemaOf::ALL {
        walk(of.files(), "", &json_schema(of), &mut found);
    }
    found
}

/// Below these everything stands elsewhere too: overlays repeat their entry, `else` and `blend` repeat `price`.
const REPEATED: [&str; 3] = ["for", "else", "blend"];

fn walk(file: &'static str, path: &str, schema: &Value, found: &mut Vec<Setting>) {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, value) in schema["properties"].as_object().into_iter().flatten() {
        let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        found.push(Setting {
            file,
            path: inner.clone(),
            required: required.contains(&name.as_str()),
            about: value["description"].as_str().unwrap_or("").to_owned(),
            like: like(value),
        });
        if !REPEATED.contains(&name.as_str()) {
            walk(file, &inner, value, found);
            walk(file, &inner, &value["items"], found);
        }
    }
    // Names that the analyst chooses; a name that may be any attribute has no settings of its own.
    let named = &schema["additionalProperties"];
    if named["type"] == "object" {
        walk(file, &format!("{path}.NAME"), named, found);
    }
    for variant in schema["anyOf"].as_array().into_iter().flatten() {
        let known = found.len();
        walk(file, path, variant, found);
        if known < found.len() {
            break;
        }
    }
}

/// What a value looks like.
fn like(value: &Value) -> String {
    let quoted = |list: &Vec<Value>| list.iter().map(|one| one.to_string()).collect::<Vec<_>>().join(", ");
    if let Some(words) = value["enum"].as_array() {
        return quoted(words);
    }
    if let Some(examples) = value["examples"].as_array() {
        return quoted(examples);
    }
    match value["type"].as_str() {
        Some("boolean") => "true, false".to_owned(),
        Some("integer") => format!("{} .. {}", value["minimum"], value["maximum"]),
        Some("array") => "a list".to_owned(),
        Some("object") => "a table".to_owned(),
        Some("string") => "a text".to_owned(),
        _ if value["anyOf"].as_array().into_iter().flatten().any(|one| one["type"] == "object") => {
            "a text, or a table".to_owned()
        }
        _ if value["anyOf"].is_array() => "a text, or a list of texts".to_owned(),
        _ => String::new(),
    }
}

/// The page of all settings.
#[must_use]
pub fn reference() -> String {
    let mut page = "# Every setting\n\nGenerated from `src/rulebook/json_schema`, which editors use too (`pricer schema`); `pricer help min_margin` \
                    says the same.\n`NAME` is a name that you choose. What is not listed is an error, never ignored.\n"
        .to_owned();
    let mut file = "";
    for setting in settings() {
        if setting.file != file {
            file = setting.file;
            page.push_str(&format!("\n## {file}\n\n| setting | | like | meaning |\n|---|---|---|---|\n"));
        }
        let must = if setting.required { "required" } else { "" };
        let cell = |text: &str| text.replace('|', "\\|");
        let like = match setting.like.as_str() {
            "a table" | "a text" | "a list" | "a text, or a table" | "a text, or a list of texts" | "" => {
                setting.like.clone()
            }
            like => format!("`{}`", cell(like)),
        };
        page.push_str(&format!("| `{}` | {must} | {like} | {} |\n", setting.path, cell(&setting.about)));
    }
    page
}

/// What `pricer help KEY` says; `None` when no setting has this key.
#[must_use]
pub fn explain(key: &str) -> Option<String> {
    let found: Vec<Setting> =
        settings().into_iter().filter(|setting| setting.key() == key || setting.path == key).collect();
    let mut text = String::new();
    for setting in &found {
        let must = if setting.required { ", required" } else { "" };
        text.push_str(&format!("{} in {}{must}\n    {}\n", setting.path, setting.file, setting.about));
        if !setting.like.is_empty() {
            text.push_str(&format!("    like: {}\n", setting.like));
        }
    }
    (!found.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_is_generated() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/settings.md");
        if std::env::var_os("PRICER_BLESS").is_some() {
            std::fs::write(&path, reference()).unwrap();
        }
        let known = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(known == reference(), "{}: PRICER_BLESS=1 rewrites it", path.display());
    }

    #[test]
    fn every_setting_is_explained() {
        let all = settings();
        for path in [
            "guard.NAME.min_margin",
            "rule.NAME.price.follow.rank",
            "market.NAME.vat",
            "test.NAME.expect.price",
        ] {
            assert!(all.iter().any(|setting| setting.path == path), "{path}");
        }
        assert!(all.iter().all(|setting| !setting.about.is_empty()), "{all:#?}");
        let text = explain("min_margin").unwrap();
        assert!(text.starts_with("guard.NAME.min_margin in rules/*.toml\n"), "{text}");
        assert!(explain("min_margn").is_none());
    }
}
