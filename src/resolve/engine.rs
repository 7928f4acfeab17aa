//! What is wrong with a fleet's own engine profiles by themselves.

use super::read::{Documents, Named};
use crate::diagnostic::{Diagnostic, Span};
use crate::spec::engine::EngineSpec;

/// The rules of the hardened default that a profile can waive.
const RULES: [&str; 4] = ["low-uid", "writable-root", "secret-env", "install-at-start"];

/// Users below this can be those of the node.
const LOWEST_UID: u32 = 10_000;

/// Tells what is wrong with the fleet's engine profiles, and stops those that have an error.
pub(super) fn check(documents: &mut Documents) {
    for profile in documents.engines.values_mut() {
        let Some(spec) = &profile.spec else { continue };
        let findings = check_one(profile, spec);
        if findings.iter().any(Diagnostic::is_error) {
            profile.spec = None;
        }
        documents.findings.extend(findings);
    }
}

fn check_one(profile: &Named<EngineSpec>, spec: &EngineSpec) -> Vec<Diagnostic> {
    let at = |pointer: &str| profile.node.nearest(pointer).span.clone();
    let mut findings = Vec::new();
    let env = spec.account_keys.iter().any(|key| key.env.is_some())
        || spec.secrets.iter().any(|secret| secret.env.is_some());
    for (rule, broken, pointer, message) in [
        (
            "low-uid",
            spec.run_as.user < LOWEST_UID,
            "/spec/runAs/user",
            "a user below 10000 can be one of the node's own",
        ),
        (
            "writable-root",
            spec.writable_root,
            "/spec/writableRoot",
            "a writable root file system lets a program change itself",
        ),
        (
            "secret-env",
            env,
            "/spec/accountKeys",
            "secrets as environment variables are seen by every child process",
        ),
    ] {
        if broken && !spec.waivers.contains_key(rule) {
            findings.push(waiver_missing(at(pointer), rule, message));
        }
    }
    for (rule, reason) in &spec.waivers {
        if !RULES.contains(&rule.as_str()) {
            findings.push(unknown_rule(profile, rule));
        } else if reason.trim().is_empty() {
            let message = format!("the waiver `{rule}` has no reason");
            findings.push(
                Diagnostic::error(
                    "waiver-missing",
                    at(&format!("/spec/waivers/{rule}")),
                    message,
                )
                .with_help("say why the program needs it"),
            );
        }
    }
    findings
}

fn waiver_missing(span: Span, rule: &str, message: &str) -> Diagnostic {
    Diagnostic::warning("waiver-missing", span, message).with_help(format!(
        "change it, or add `waivers: {{{rule}: …}}` with the reason"
    ))
}

fn unknown_rule(profile: &Named<EngineSpec>, rule: &str) -> Diagnostic {
    let pointer = format!(
        "/spec/waivers/{}",
        rule.replace('~', "~0").replace('/', "~1")
    );
    let span = profile.node.key_span(&pointer).unwrap_or(&profile.span);
    super::case::unknown(
        "unknown-word",
        span.clone(),
        "rule",
        rule,
        RULES,
        &format!("the rules are {}", RULES.join(", ")),
    )
}
