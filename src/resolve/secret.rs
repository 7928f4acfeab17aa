//! Which Secrets a strategy reads, and whether it may in its mode.

use std::collections::BTreeSet;

use super::case::Case;
use super::{KeyScope, SecretTarget, SecretUse};
use crate::diagnostic::Diagnostic;
use crate::spec::account::KeySpec;
use crate::spec::blocks::SecretSpec;
use crate::spec::class::Mode;
use crate::spec::names::AccountName;
use crate::spec::object_name::EnvName;
use crate::spec::path::ContainerPath;

/// Where an account's key is mounted when nobody says where the program wants it.
const ACCOUNT_FOLDER: &str = "/run/secrets/account";

/// Every secret: those that are named, and the key of the account that the mode allows.
pub(super) fn settle(case: &mut Case) -> Vec<SecretUse> {
    let mut secrets = Vec::new();
    for (index, spec) in case.spec.secrets.clone().into_iter().enumerate() {
        let pointer = format!("/secrets/{index}");
        let scope = check_account_key(case, &pointer, &spec);
        secrets.extend(named(case, &pointer, spec, scope));
    }
    secrets.extend(of_account(case));
    check_variables(case, &secrets);
    secrets
}

fn named(
    case: &mut Case,
    pointer: &str,
    spec: SecretSpec,
    scope: Option<KeyScope>,
) -> Option<SecretUse> {
    if spec.env.is_some() && spec.key.is_none() {
        case.error(
            "secret-target",
            pointer,
            "an environment variable takes one key of a Secret",
            "add `key: …`, or use `file` for all keys",
        );
    }
    Some(SecretUse {
        target: target(case, pointer, spec.file, spec.env)?,
        secret: spec.secret.to_string(),
        key: spec.key,
        scope,
    })
}

fn target(
    case: &mut Case,
    pointer: &str,
    file: Option<ContainerPath>,
    env: Option<EnvName>,
) -> Option<SecretTarget> {
    match (file, env) {
        (Some(file), None) => Some(SecretTarget::File(file.to_string())),
        (None, Some(env)) => Some(SecretTarget::Env(env.to_string())),
        _ => {
            case.error(
                "secret-target",
                pointer,
                "a secret becomes either a `file` or an `env` variable",
                "give it exactly one of the two",
            );
            None
        }
    }
}

/// Tells when a Secret holds an account's key that this strategy must not have. Gives its scope.
fn check_account_key(case: &mut Case, pointer: &str, spec: &SecretSpec) -> Option<KeyScope> {
    let owners = case.tables.keys.get(spec.secret.as_str())?;
    let (account, key) = *owners
        .iter()
        .find(|(account, _)| case.spec.account.as_ref() == Some(*account))
        .or_else(|| owners.first())?;
    if case.spec.account.as_ref() != Some(account) && key.scope == KeyScope::Trade {
        let message = format!(
            "`{}` is a trade key of account `{account}`, which this strategy does not hold",
            spec.secret
        );
        let help = format!("add `account: {account}`, or use a key of scope `read`");
        case.error("foreign-key", &format!("{pointer}/secret"), message, help);
    }
    let allowed = case.spec.mode.is_some_and(|mode| key.modes.contains(&mode));
    if !allowed && (case.spec.mode.is_some() || key.scope == KeyScope::Trade) {
        refuse_key(case, pointer, account, key);
    }
    Some(key.scope)
}

fn refuse_key(case: &mut Case, pointer: &str, account: &AccountName, key: &KeySpec) {
    let mode = match case.spec.mode {
        Some(mode) => format!("in mode `{}`", mode.as_str()),
        None => "without a mode".to_owned(),
    };
    let modes: Vec<String> = key
        .modes
        .iter()
        .map(|mode| format!("`{}`", mode.as_str()))
        .collect();
    let message = format!(
        "the key `{}` of account `{account}` cannot be mounted {mode}",
        key.secret
    );
    let span = case.span(&format!("{pointer}/secret"));
    let mut finding = Diagnostic::error("key-not-for-mode", span, message).with_help(format!(
        "the account gives it to {} only; remove it here, or use another key",
        modes.join(", ")
    ));
    if let Some(document) = case.tables.accounts.get(account) {
        finding = finding.with_label(document.span.clone(), "the account is here");
    }
    case.findings.push(finding);
}

/// The account's key that the mode allows, where the program wants it.
fn of_account(case: &mut Case) -> Vec<SecretUse> {
    let Some(account) = case.spec.account.clone() else {
        return Vec::new();
    };
    let Some((secret, scope)) = key_for(case, &account) else {
        return Vec::new();
    };
    // A strategy that names the Secret itself says where it goes.
    let mut named = case.spec.secrets.iter();
    if named.any(|it| it.secret.as_str() == secret) {
        return Vec::new();
    }
    let scope = Some(scope);
    let wanted = case.spec.account_keys.clone();
    if wanted.is_empty() {
        let target = SecretTarget::File(ACCOUNT_FOLDER.to_owned());
        let key = None;
        return vec![SecretUse {
            secret,
            key,
            target,
            scope,
        }];
    }
    let mut uses = Vec::new();
    for (index, spec) in wanted.into_iter().enumerate() {
        let pointer = format!("/accountKeys/{index}");
        if let Some(target) = target(case, &pointer, spec.file, spec.env) {
            uses.push(SecretUse {
                secret: secret.clone(),
                key: Some(spec.key),
                target,
                scope,
            });
        }
    }
    uses
}

/// The Secret with the strongest key that the account gives to this mode.
fn key_for(case: &Case, account: &AccountName) -> Option<(String, KeyScope)> {
    let spec = case.tables.accounts.get(account)?.spec.as_ref()?;
    let mode: Mode = case.spec.mode?;
    spec.keys
        .iter()
        .filter(|key| key.modes.contains(&mode))
        .max_by_key(|key| key.scope)
        .map(|key| (key.secret.to_string(), key.scope))
}

/// Tells variables that are set twice, and that secrets are in variables at all: every child
/// process sees them, and they land in crash reports.
fn check_variables(case: &mut Case, secrets: &[SecretUse]) {
    let mut names: BTreeSet<String> = case.spec.env.keys().cloned().collect();
    let mut any = false;
    for secret in secrets {
        let SecretTarget::Env(name) = &secret.target else {
            continue;
        };
        any = true;
        if !names.insert(name.clone()) {
            case.error(
                "secret-target",
                "/secrets",
                format!("the environment variable `{name}` is set twice"),
                "remove one of the two",
            );
        }
    }
    if any && !case.engine.waivers.contains_key("secret-env") {
        let message = format!(
            "secrets as environment variables are seen by every child process, and engine `{}` does not say that it needs them",
            case.engine_name
        );
        case.warn(
            "secret-as-env",
            "/secrets",
            message,
            "use `file: …`, or give the engine profile a waiver `secret-env` with the reason",
        );
    }
}
