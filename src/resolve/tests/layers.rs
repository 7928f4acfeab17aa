//! What wins over what, and where each value came from.

use super::*;

#[test]
fn a_mode_wins_over_the_strategy_over_the_engine_over_the_desk_over_the_fleet() {
    let fleet = format!(
        "{}  defaults: {{resources: {{cpu: 1, memory: 1Gi, ephemeralStorage: 2Gi}}, env: {{A: fleet, B: fleet, C: fleet, D: fleet}}}}\n",
        fixture::FLEET.1
    );
    let desk = "kind: Desk\nspec:\n  email: a@b.example\n  defaults: {engine: own, resources: {memory: 2Gi}, env: {B: desk, C: desk, D: desk}}\n";
    let engine = "kind: Engine\nspec: {runAs: {user: 20000, group: 20000}, grace: 5s, env: {C: engine, D: engine}}\n";
    let tern = tern(
        "  env: {D: strategy}\n  modes:\n    paper: {env: {E: mode}, args: [x]}\n    shadow: {args: [z]}\n",
    );
    let outcome = fixture::resolve(&[
        ("tidegate.yaml", &fleet),
        ("desks/rates/desk.yaml", desk),
        ("engines/own.yaml", engine),
        (ALGO.0, &tern),
    ]);
    assert_eq!(outcome.findings, []);
    let tern = strategy(&outcome, "tern");
    let env: Vec<(&str, &str)> = tern
        .env
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        env,
        [
            ("A", "fleet"),
            ("B", "desk"),
            ("C", "engine"),
            ("D", "strategy"),
            ("E", "mode")
        ]
    );
    assert_eq!(tern.args, ["x"]);
    assert_eq!(tern.resources.memory.as_str(), "2Gi");
    for (pointer, layer, file) in [
        (
            "/resources/ephemeralStorage",
            Layer::Fleet,
            Some("tidegate.yaml"),
        ),
        (
            "/resources/memory",
            Layer::Desk,
            Some("desks/rates/desk.yaml"),
        ),
        ("/env/C", Layer::Engine, Some("engines/own.yaml")),
        ("/env/D", Layer::Strategy, Some("desks/rates/tern.yaml")),
        ("/env/E", Layer::Mode, Some("desks/rates/tern.yaml")),
    ] {
        let origin = &tern.origins[pointer];
        let found = origin.span.as_ref().map(|span| span.file.as_str());
        assert_eq!((origin.layer, found), (layer, file), "{pointer}");
    }
}

#[test]
fn what_tidegate_brings_has_no_place() {
    let tern = strategy(&with("  engine: freqtrade\n"), "tern");
    assert_eq!(tern.ports[0].name, "api");
    assert_eq!(tern.origins["/ports/0/name"].layer, Layer::Engine);
    assert_eq!(tern.origins["/ports/0/name"].span, None);
    assert_eq!(tern.origins["/resources/cpu"].layer, Layer::Edition);
    assert_eq!(tern.origins["/resources/cpu"].span, None);
}

#[test]
fn quantities_are_what_the_api_server_gives_back() {
    let tern = strategy(
        &with("  resources: {cpu: 1000m, memory: 1024Mi, ephemeralStorage: 1.5Gi}\n"),
        "tern",
    );
    assert_eq!(tern.resources.cpu.as_str(), "1");
    assert_eq!(tern.resources.memory.as_str(), "1Gi");
    assert_eq!(tern.resources.ephemeral_storage.as_str(), "1536Mi");
}
