//! From a strategy's layers to the strategy.

use super::case::{Case, unknown};
use super::{
    Engine, Image, Resources, Strategy, class, config, deferred, holding, job, lock::Lock,
};
use super::{
    authority, gate, metric, model, network, placement, rollout, run, scale, scan, secret, serve,
    state, window,
};
use crate::diagnostic::Diagnostic;
use crate::spec::blocks::OnStop;
use crate::spec::names::StrategyName;
use crate::spec::object_name::EnvName;
use crate::spec::quantity::Quantity;

/// The strategy, unless an error stops it; findings are left in the case.
pub(super) fn settle(case: &mut Case) -> Option<Strategy> {
    class::check(case);
    deferred::check(case);
    check_env(case);
    check_command(case);
    let secrets = secret::settle(case);
    let config = config::settle(case);
    let ports = serve::ports(case);
    let metrics = serve::metrics(case, &ports);
    let mut rollout = rollout::settle(case, &ports);
    rollout.metrics = metric::settle(case);
    gate::pin(case, &mut rollout);
    let image = image(case);
    scan::check(case, image.as_ref());
    window::check(case);
    let authority = authority::settle(case, &rollout);
    let strategy = Strategy {
        name: case.document.name.clone(),
        desk: case.document.desk.clone(),
        class: case.spec.class,
        mode: case.spec.mode,
        engine: engine(case),
        image: image?,
        command: case.spec.command.clone(),
        args: case.spec.args.clone(),
        env: case.spec.env.clone(),
        secrets,
        config,
        models: model::settle(case),
        account: holding::settle(case),
        resources: resources(case)?,
        state: state::settle(case),
        placement: placement::settle(case),
        network: network::settle(case),
        probes: serve::probes(case, &ports),
        ports: serve::with_metrics_port(ports, metrics.as_ref()),
        metrics: metrics.map(|(endpoint, _)| endpoint),
        replicas: class::replicas(case),
        scale: scale::settle(case),
        rollout,
        authority,
        run: run::settle(case),
        job: job::shape(case),
        after: after(case),
        requires: requires(case),
        renamed_from: renamed_from(case),
        on_stop: case.spec.on_stop.map(|it| OnStop::as_str(it).to_owned()),
        deferred: deferred::collect(case),
        origins: std::mem::take(&mut case.origins),
        span: case.document.span.clone(),
    };
    state::check_mounts(case, &strategy);
    (!case.failed()).then_some(strategy)
}

fn image(case: &mut Case) -> Option<Image> {
    let Some(mut image) = case.spec.image.clone() else {
        case.error(
            "missing-field",
            "/image",
            "the field `image` is missing",
            "add `image: …`, or an engine that brings one",
        );
        return None;
    };
    if image.digest.is_some() {
        return Some(image);
    }
    match case.tables.lock {
        Lock::Images(images) => image.digest = images.get(&image.to_string()).copied(),
        Lock::Damaged(span) => {
            let message = format!("the digest of `{image}` is not known");
            let finding = Diagnostic::error("bad-lock", case.span("/image"), message)
                .with_label(span.clone(), "this file cannot be read")
                .with_help("correct `tidegate.lock`, or write the digest here behind `@`");
            case.findings.push(finding);
        }
    }
    if image.digest.is_none() && matches!(case.tables.lock, Lock::Images(_)) {
        case.warn(
            "unpinned-image",
            "/image",
            format!("`{image}` is not pinned: what it names can change without a commit"),
            "write its digest here behind `@`, or under `images` in `tidegate.lock`",
        );
    }
    Some(image)
}

fn engine(case: &Case) -> Engine {
    let profile = case.engine;
    Engine {
        name: case.engine_name.clone(),
        digest: case.engine_digest,
        uid: profile.run_as.user,
        gid: profile.run_as.group,
        writable: profile.writable.iter().map(ToString::to_string).collect(),
        writable_root: profile.writable_root,
        grace_seconds: profile.grace.seconds(),
        pre_stop: profile.pre_stop.clone(),
        waivers: profile.waivers.clone(),
    }
}

fn resources(case: &mut Case) -> Option<Resources> {
    let resources = case.spec.resources.clone();
    let zero = |quantity: &Option<Quantity>| quantity.as_ref().is_none_or(|it| it.nanos() == 0);
    let resources = resources?;
    for (name, quantity) in [
        ("cpu", &resources.cpu),
        ("memory", &resources.memory),
        ("ephemeralStorage", &resources.ephemeral_storage),
    ] {
        if zero(quantity) {
            case.error(
                "invalid-value",
                &format!("/resources/{name}"),
                format!("`{name}` is zero, with which nothing can run"),
                "write what the program needs at most",
            );
        }
    }
    Some(Resources {
        cpu: resources.cpu?,
        memory: resources.memory?,
        ephemeral_storage: resources.ephemeral_storage?,
    })
}

/// What the container's process and the shell can name.
fn check_env(case: &mut Case) {
    for (name, value) in case.spec.env.clone() {
        let pointer = format!("/env/{}", name.replace('~', "~0").replace('/', "~1"));
        if let Err(error) = name.parse::<EnvName>() {
            let span = case.key_span(&pointer);
            case.findings.push(
                Diagnostic::error("invalid-value", span, error.to_string())
                    .with_help("rename the variable"),
            );
        }
        if super::leak::is_secret_name(&name) && super::leak::is_secret_value(&value) {
            let span = case.key_span(&pointer);
            let message = format!("`{name}` looks like a secret in plain text");
            case.findings.push(
                Diagnostic::warning("secret-in-plain-text", span, message).with_help(
                    "put it into a Secret, name that under `secrets`, and change it: it is in Git's history",
                ),
            );
        }
    }
}

/// Beginnings of commands that fetch code.
const INSTALLS: [&str; 9] = [
    "pip install",
    "pip3 install",
    "npm install",
    "conda install",
    "apt-get install",
    "apk add",
    "git clone",
    "git pull",
    "install-live",
];

/// Code that is fetched at start is not what the image's digest says.
fn check_command(case: &mut Case) {
    for field in ["command", "args"] {
        let line = match field {
            "command" => case.spec.command.join(" "),
            _ => case.spec.args.join(" "),
        };
        let found = INSTALLS.iter().find(|start| line.contains(**start));
        let waived = case.engine.waivers.contains_key("install-at-start");
        let Some(found) = found.filter(|_| !waived) else {
            continue;
        };
        case.warn(
            "installs-at-start",
            &format!("/{field}"),
            format!(
                "`{found}` fetches code at start: what runs is not what the image's digest says"
            ),
            "build it into the image, or give the engine profile a waiver `install-at-start`",
        );
        return;
    }
}

fn after(case: &mut Case) -> Vec<StrategyName> {
    let after = case.spec.after.clone();
    for (index, name) in after.iter().enumerate() {
        check_strategy(case, name, &format!("/after/{index}"));
    }
    after
}

fn requires(case: &mut Case) -> Vec<StrategyName> {
    let requirements = case.spec.requires.iter().flatten();
    let names: Vec<_> = requirements.map(|it| it.strategy.clone()).collect();
    for (index, name) in names.iter().enumerate() {
        check_strategy(case, name, &format!("/requires/{index}/strategy"));
    }
    names
}

fn renamed_from(case: &mut Case) -> Option<StrategyName> {
    let before = case.spec.renamed_from.clone()?;
    if case.tables.strategies.contains_key(&before) {
        case.error(
            "renamed-from-existing",
            "/renamedFrom",
            format!("`{before}` still exists, so this cannot be its new name"),
            "delete the old file, or leave `renamedFrom` out",
        );
    }
    Some(before)
}

/// Tells when there is no such strategy.
pub(super) fn check_strategy(case: &mut Case, name: &StrategyName, pointer: &str) {
    if *name == case.document.name {
        case.error(
            "refers-to-itself",
            pointer,
            format!("`{name}` is this strategy itself"),
            "remove it, or name another strategy",
        );
    } else if !case.tables.strategies.contains_key(name) {
        let known = case.tables.strategies.keys().map(|name| name.as_str());
        let finding = unknown(
            "unknown-strategy",
            case.span(pointer),
            "strategy",
            name.as_str(),
            known,
            "name one that is in the fleet, or remove it",
        );
        case.findings.push(finding);
    }
}
