//! What a change of the people lets somebody do that could not be done before.

use super::{People, Person};

impl People {
    /// What those who come after may do that these may not. Fewer people, names or roles loosen
    /// nothing. A new name does: whoever has two could approve what they wrote.
    pub fn loosened(&self, after: &Self) -> Vec<String> {
        let mut texts = Vec::new();
        for person in after.iter() {
            match self.named(&person.name) {
                Some(before) => texts.extend(gained(before, person)),
                None => texts.push(format!("`{}` is new", person.name)),
            }
        }
        texts
    }
}

fn gained(before: &Person, after: &Person) -> Vec<String> {
    let name = &after.name;
    let roles = after.roles.difference(&before.roles);
    let roles = roles.map(|role| format!("`{name}` gets role `{role}`"));
    let identities = after.identities().filter(|it| !before.is(it));
    let identities = identities.map(|it| format!("{it} becomes `{name}`"));
    roles
        .chain(identities)
        .chain(desks(before, after))
        .collect()
}

fn desks(before: &Person, after: &Person) -> Vec<String> {
    let name = &after.name;
    match (before.desks.is_empty(), after.desks.is_empty()) {
        (true, _) => Vec::new(),
        (false, true) => vec![format!("`{name}` is let into every desk")],
        (false, false) => {
            let desks = after.desks.difference(&before.desks);
            desks
                .map(|desk| format!("`{name}` is let into desk `{desk}`"))
                .collect()
        }
    }
}
