use serde_json::{Value, json};

use super::*;

fn people(people: Value) -> People {
    let people: Vec<PersonSpec> = serde_json::from_value(people).unwrap();
    People::of(people.iter().map(Person::of))
}

fn trio() -> Value {
    json!([
        {"name": "aiko", "emails": ["Aiko@x.example", "a@home.example"], "kubernetes": ["aiko"], "roles": ["researcher"], "desks": ["rates"]},
        {"name": "carla", "emails": ["carla@x.example"], "kubernetes": ["carla"], "keys": ["SHA256:c"], "roles": ["risk"]},
    ])
}

fn email(text: &str) -> Identity {
    Identity::Email(text.to_owned())
}

#[test]
fn a_person_is_one_under_every_name() {
    let people = people(trio());
    let name = |identity: &Identity| people.who(identity).map(|it| it.name.as_str());
    assert_eq!(name(&email("aiko@X.example")), Some("aiko"));
    assert_eq!(name(&email("a@home.example")), Some("aiko"));
    assert_eq!(name(&Identity::User("aiko".to_owned())), Some("aiko"));
    assert_eq!(name(&Identity::Key("SHA256:c".to_owned())), Some("carla"));
    // A user is no address, and an unknown one is nobody.
    assert_eq!(name(&email("aiko")), None);
}

#[test]
fn who_is_known_as_two_people_is_nobody() {
    let mut all = trio();
    all[1]["emails"] = json!(["a@home.example"]);
    assert_eq!(people(all).who(&email("a@home.example")), None);
}

#[test]
fn a_role_reaches_the_desks_that_it_is_for() {
    let people = people(trio());
    let role = |text: &str| text.parse::<RoleName>().unwrap();
    let desk = |text: &str| text.parse::<DeskName>().unwrap();
    let has = |role_: &str, desk_: &str| people.with(&role(role_), &desk(desk_)).count();
    assert_eq!(has("researcher", "rates"), 1);
    assert_eq!(has("researcher", "bonds"), 0);
    assert_eq!(has("risk", "bonds"), 1);
}

fn loosened(before: Value, after: Value) -> Vec<String> {
    people(before).loosened(&people(after))
}

#[test]
fn fewer_people_and_fewer_rights_loosen_nothing() {
    let mut fewer = trio();
    fewer[0]["roles"] = json!([]);
    fewer[1]["desks"] = json!(["rates"]);
    assert_eq!(loosened(trio(), fewer), Vec::<String>::new());
    assert_eq!(loosened(trio(), json!([])), Vec::<String>::new());
}

#[test]
fn a_new_role_name_desk_or_person_loosens() {
    let with = |edit: &dyn Fn(&mut Value)| {
        let mut after = trio();
        edit(&mut after);
        loosened(trio(), after)
    };
    let role = with(&|it| it[0]["roles"] = json!(["researcher", "risk"]));
    assert_eq!(role, ["`aiko` gets role `risk`"]);
    let name = with(&|it| it[1]["kubernetes"] = json!(["carla", "eve"]));
    assert_eq!(name, ["user `eve` becomes `carla`"]);
    let desk = with(&|it| it[0]["desks"] = json!([]));
    assert_eq!(desk, ["`aiko` is let into every desk"]);
    // One who is split in two could approve what they wrote.
    let split = with(&|it| {
        it[0]["emails"] = json!(["aiko@x.example"]);
        let ghost = json!({"name": "ghost", "emails": ["a@home.example"]});
        it.as_array_mut().unwrap().push(ghost);
    });
    assert_eq!(split, ["`ghost` is new"]);
}
