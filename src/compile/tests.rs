//! Claims about whole bundles.

use super::*;
use crate::yaml;

/// Holds a bundle's YAML against the golden file of that name.
fn check(golden: &str, bundle: &Bundle) {
    let text = yaml::emit_all(bundle.objects.iter().map(Object::value));
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../tests/golden/compile");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(golden, text));
}

fn compile(strategy: &Strategy) -> Bundle {
    super::strategy(&fixture::fleet([strategy.clone()]), strategy)
}

#[test]
fn a_desk_compiles_to_its_golden_file() {
    check("desk", &desk(&fixture::fleet([]), &fixture::desk()));
}

#[test]
fn an_algo_compiles_to_its_golden_file() {
    check("algo", &compile(&fixture::algo()));
}

#[test]
fn a_service_compiles_to_its_golden_file() {
    check("service", &compile(&fixture::service()));
}

#[test]
fn a_job_compiles_to_its_golden_file() {
    check("job", &compile(&fixture::job()));
}

#[test]
fn a_cron_job_compiles_to_its_golden_file() {
    check("cron_job", &compile(&fixture::cron_job()));
}

#[test]
fn compiling_twice_gives_the_same_bytes() {
    let text = || {
        let fleet = fixture::fleet([fixture::algo(), fixture::service(), fixture::job()]);
        serde_json::to_string(&super::fleet(&fleet)).unwrap()
    };
    assert_eq!(text(), text());
}
