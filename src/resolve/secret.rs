//! Which Secrets a strategy reads, and whether it may in its mode.

use super::case::Case;
use super::strategy::is_env_name;
use super::{KeyScope, SecretTarget, SecretUse};
use crate::diagnostic::Diagnostic;
use crate::spec::account::KeySpec;
use crate::spec::blocks::{AccountKeySpec, SecretSpec};
use crate::spec::class::Mode;
use crate::spec::names::AccountName;

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
    if secrets
        .iter()
        .any(|it| matches!(it.target, SecretTarget::Env(_)))
    {
        check_waiver(case);
    }
    secrets
}

fn named(
    case: &mut Case,
    pointer: &str,
    spec: SecretSpec,
    scope: Option<KeyScope>,
) -> Option<SecretUse> {
    if !is_secret_name(&spec.secret) {
        let message = format!("`{}` is not the name of a Secret", spec.secret);
        let help = "use lower-case letters, digits, `-` and `.`";
        case.error("invalid-value", &format!("{pointer}/secret"), message, help);
    }
    let target = match (spec.file, spec.env) {
        (Some(file), None) => SecretTarget::File(file.to_string()),
        (None, Some(env)) => {
            check_env_target(case, pointer, &env);
            if spec.key.is_none() {
                let message = "an environment variable takes one key of a Secret";
                let help = "add `key: …`, or use `file` for all keys";
                case.error("secret-target", pointer, message, help);
            }
            SecretTarget::Env(env)
        }
        _ => {
            let message = "a secret becomes either a `file` or an `env` variable";
            case.error(
                "secret-target",
                pointer,
                message,
                "give it exactly one of the two",
            );
            return None;
        }
    };
    Some(SecretUse {
        secret: spec.secret,
        key: spec.key,
        target,
        scope,
    })
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
    if case.spec.secrets.iter().any(|it| it.secret == secret) {
        return Vec::new();
    }
    let wanted = case.spec.account_keys.clone();
    if wanted.is_empty() {
        let target = SecretTarget::File(ACCOUNT_FOLDER.to_owned());
        let key = None;
        let scope = Some(scope);
        return vec![SecretUse {
            secret,
            key,
            target,
            scope,
        }];
    }
    let uses = wanted.into_iter().enumerate().filter_map(|(index, spec)| {
        let pointer = format!("/accountKeys/{index}");
        Some(SecretUse {
            secret: secret.clone(),
            key: Some(spec.key.clone()),
            target: account_target(case, &pointer, spec)?,
            scope: Some(scope),
        })
    });
    uses.collect()
}

fn account_target(case: &mut Case, pointer: &str, spec: AccountKeySpec) -> Option<SecretTarget> {
    match (spec.file, spec.env) {
        (Some(file), None) => Some(SecretTarget::File(file.to_string())),
        (None, Some(env)) => {
            check_env_target(case, pointer, &env);
            Some(SecretTarget::Env(env))
        }
        _ => {
            let message = "an account's key becomes either a `file` or an `env` variable";
            case.error(
                "secret-target",
                pointer,
                message,
                "give it exactly one of the two",
            );
            None
        }
    }
}

/// The Secret with the strongest key that the account gives to this mode.
fn key_for(case: &Case, account: &AccountName) -> Option<(String, KeyScope)> {
    let spec = case.tables.accounts.get(account)?.spec.as_ref()?;
    let mode: Mode = case.spec.mode?;
    spec.keys
        .iter()
        .filter(|key| key.modes.contains(&mode))
        .max_by_key(|key| key.scope)
        .map(|key| (key.secret.clone(), key.scope))
}

fn check_env_target(case: &mut Case, pointer: &str, name: &str) {
    let pointer = format!("{pointer}/env");
    if !is_env_name(name) {
        let message = format!("`{name}` is not the name of an environment variable");
        let help = "use letters, digits and `_`, not beginning with a digit";
        case.error("invalid-value", &pointer, message, help);
    }
    if case.spec.env.contains_key(name) {
        let message = format!("`{name}` stands under `env` too");
        case.error("secret-target", &pointer, message, "remove one of the two");
    }
}

/// Environment variables are seen by every child process and land in crash reports.
fn check_waiver(case: &mut Case) {
    if case.engine.waivers.contains_key("secret-env") {
        return;
    }
    let message = format!(
        "secrets as environment variables are seen by every child process, and engine `{}` does not say that it needs them",
        case.engine_name
    );
    let finding = Diagnostic::warning("secret-as-env", case.span("/secrets"), message);
    case.findings.push(finding.with_help(
        "use `file: …`, or give the engine profile a waiver `secret-env` with the reason",
    ));
}

fn is_secret_name(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.len() <= 253
        && text.bytes().next().is_some_and(inner)
        && text.bytes().next_back().is_some_and(inner)
        && text.bytes().all(|b| inner(b) || matches!(b, b'-' | b'.'))
}
