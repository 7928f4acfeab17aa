use super::*;
use crate::build::build;
use crate::resolve::fixture::WHOLE;
use crate::source::Sources;

const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn built(files: &[(String, String)]) -> Build {
    let more = files.iter().map(|(path, text)| (&**path, &**text));
    build(
        &Sources::from_texts(WHOLE.iter().copied().chain(more)),
        None,
    )
}

/// A service with one argument.
fn service(name: &str, argument: &str) -> (String, String) {
    let argument = serde_json::Value::from(argument);
    let text = format!(
        "kind: Strategy\nspec:\n  class: service\n  image: registry.example.com/{name}@{DIGEST}\n  \
         command: [/serve]\n  args: [{argument}]\n  replicas: 1\n"
    );
    (format!("desks/rates/{name}.yaml"), text)
}

fn comment(base: &[(String, String)], head: &[(String, String)]) -> String {
    let (base, head) = (built(base), built(head));
    markdown(&preview(&base, &head), &base, &head)
}

/// Whether every fence and every folded block that was opened is closed, in order.
fn is_closed(comment: &str) -> bool {
    let (mut fence, mut folds) = (None::<&str>, 0_usize);
    for line in comment.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fence {
            Some(open) if ticks >= open.len() && line.len() == ticks => fence = None,
            Some(_) => {}
            None if ticks >= 3 => fence = line.get(..ticks),
            None => {
                folds += line.matches("<details").count();
                let Some(left) = folds.checked_sub(line.matches("</details>").count()) else {
                    return false;
                };
                folds = left;
            }
        }
    }
    fence.is_none() && folds == 0
}

#[test]
fn three_hundred_changes_fit_and_what_does_not_is_counted() {
    let fleet = |argument: &str| -> Vec<_> {
        (0..300)
            .map(|number| service(&format!("quote-{number}"), argument))
            .collect()
    };
    let long = "x".repeat(100);
    let comment = comment(&fleet("before"), &fleet(&long));
    assert!(
        comment.chars().count() < MAX_CHARACTERS,
        "{}",
        comment.len()
    );
    assert!(is_closed(&comment), "{comment}");
    assert!(comment.contains("**300 material**"), "{comment}");
    assert!(comment.contains(" more of 300 units.\n"), "{comment}");
    assert!(
        comment.contains("Showing the rendered diff of "),
        "{comment}"
    );
}

#[test]
fn what_a_spec_says_stays_what_it_says() {
    let evil = "`|</details>\n```\n<!-- @everyone ![x](http://example.com) | a";
    let before = [service("quote", "before")];
    let comment = comment(&before, &[service("quote", evil)]);
    assert!(is_closed(&comment), "{comment}");
    let row = comment
        .lines()
        .find(|line| line.starts_with("| `quote`"))
        .expect("the strategy has a row");
    for broken in ["</details>", "<!--", "@everyone", "![x]("] {
        assert!(!row.contains(broken), "{broken} in {row}");
    }
    let bars = row.matches('|').count() - row.matches("\\|").count();
    assert_eq!(bars, 7, "{row}");
}

#[test]
fn an_image_is_shown_as_it_is_written() {
    let (before, after) = (service("quote", "a"), service("quote", "a"));
    let changed = (after.0, after.1.replace("aaaa", "bbbb"));
    let comment = comment(&[before], &[changed]);
    let image = format!("`registry.example.com/quote@{DIGEST}` → `registry");
    assert!(comment.contains(&image), "{comment}");
}

#[test]
fn only_what_is_new_is_listed_and_the_rest_counted() {
    let unpinned = |name: &str| {
        let (path, text) = service(name, "a");
        (path, text.replace(&format!("@{DIGEST}"), ":1.0"))
    };
    let (old, new) = (unpinned("quote"), unpinned("tick"));
    let comment = comment(std::slice::from_ref(&old), &[old.clone(), new]);
    assert!(comment.contains("Findings (1)"), "{comment}");
    assert!(comment.contains("desks/rates/tick.yaml:"), "{comment}");
    assert!(!comment.contains("desks/rates/quote.yaml:"), "{comment}");
    let known = "\n1 known finding; `tidegate check` tells it\n";
    assert!(comment.contains(known), "{comment}");
}

#[test]
fn before_the_fleet_was_there_everything_is_new() {
    let base = build(&Sources::from_texts([]), None);
    let head = built(&[]);
    let preview = preview(&base, &head);
    assert!(
        preview.rows.iter().all(|row| row.change == Change::Added),
        "{:?}",
        preview.rows
    );
    assert_eq!((preview.rows.len(), preview.unchanged), (2, 0));
    let comment = markdown(&preview, &base, &head);
    assert!(comment.contains("no new findings"), "{comment}");
}
