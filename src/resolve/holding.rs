//! Which account a strategy's orders go to, and what it holds there alone.

use super::Holding;
use super::case::{Case, has_errors, unknown};
use crate::diagnostic::Diagnostic;
use crate::spec::account::{AccountSpec, Exclusive};
use crate::spec::class::{Class, Mode};
use crate::spec::names::AccountName;

/// The holding.
///
/// Research and shadow send no orders and so hold nothing. Paper holds its account like live: a
/// venue's paper account has orders and positions too, and two programs on it see each other's.
pub(super) fn settle(case: &mut Case) -> Option<Holding> {
    let name = case.spec.account.clone()?;
    let Some(account) = case.tables.accounts.get(&name) else {
        let finding = unknown(
            "unknown-account",
            case.span("/account"),
            "account",
            name.as_str(),
            case.tables.accounts.keys().map(AccountName::as_str),
            &format!("add `accounts/{name}.yaml` with `kind: Account`"),
        );
        case.findings.push(finding);
        return None;
    };
    let Some(spec) = &account.spec else {
        let what = format!("the account `{name}`");
        let finding = has_errors(case.span("/account"), &what, account.span.clone());
        case.findings.push(finding);
        return None;
    };
    let desk = &case.document.desk;
    if !spec.desks.contains(desk) {
        let message = format!("account `{name}` is not open to desk `{desk}`");
        let finding = Diagnostic::error("account-not-open", case.span("/account"), message)
            .with_label(account.span.clone(), "the account is here")
            .with_help(format!(
                "add `{desk}` to `desks` of the account, or use another"
            ));
        case.findings.push(finding);
    }
    let orders = case.spec.mode.is_none_or(Mode::sends_orders);
    let exclusive = if orders {
        exclusive(case, &name.to_string(), spec)
    } else {
        Vec::new()
    };
    Some(Holding {
        account: name,
        venue: spec.venue.to_string(),
        exclusive,
    })
}

/// What the strategy alone holds of the account.
fn exclusive(case: &mut Case, account: &str, spec: &AccountSpec) -> Vec<String> {
    match spec.exclusive {
        Exclusive::Account => vec![account.to_owned()],
        Exclusive::Instrument => instruments(case, account),
        Exclusive::OrderTag => order_tag(case, account),
        // The login is the gateway's; who trades through it shares the account by agreement.
        Exclusive::Gateway if case.spec.class == Class::Gateway => vec![account.to_owned()],
        Exclusive::Gateway => vec![format!("{account}/{}", case.document.name)],
    }
}

fn order_tag(case: &mut Case, account: &str) -> Vec<String> {
    if let Some(tag) = &case.spec.order_tag {
        return vec![format!("{account}/{tag}")];
    }
    case.error(
        "holding-unknown",
        "/account",
        format!("account `{account}` is shared by order tag, and this strategy has none"),
        "add `orderTag: …`, different from every other strategy's on the account",
    );
    Vec::new()
}

fn instruments(case: &mut Case, account: &str) -> Vec<String> {
    let mut held: Vec<String> = case
        .spec
        .limits
        .iter()
        .flat_map(|limits| &limits.instruments)
        .map(|instrument| format!("{account}/{instrument}"))
        .collect();
    held.sort();
    held.dedup();
    if held.is_empty() {
        case.error(
            "holding-unknown",
            "/account",
            format!("account `{account}` is shared by instrument, and this strategy names none"),
            "add `limits: {instruments: [...]}`",
        );
    }
    held
}
