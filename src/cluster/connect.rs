//! Finding the cluster as `kubectl` does: flags, then `KUBECONFIG`, then `~/.kube/config`, then the
//! pod that this runs in.

mod proxy;

use std::path::{Path, PathBuf};
use std::time::Duration;

use http::HeaderValue;
use http::header::USER_AGENT;
use kube::Config;
use kube::client::ClientBuilder;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};

use crate::error::root_cause;

use super::client::Client;

/// How Tidegate names itself to the API server.
const AGENT: &str = concat!("tidegate/", env!("CARGO_PKG_VERSION"));

/// How long a connection may take to open.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);

/// Which cluster, and as whom.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `--kubeconfig`: the one file to read.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`: the context to take instead of the current one.
    pub context: Option<String>,
    /// The user to act as, if not the context's own.
    pub impersonate: Option<String>,
    /// How long each call may take, if not as long as by default.
    pub deadline: Option<Duration>,
}

/// Why there is no cluster to talk to. Nothing has been sent yet.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A kubeconfig cannot be used.
    #[error("use the kubeconfig{}: {why}", .path.as_ref().map_or_else(String::new, |path| format!(" `{}`", path.display())))]
    Kubeconfig {
        /// The file, if it is one.
        path: Option<PathBuf>,
        /// Why not.
        why: String,
    },
    /// The context is not there.
    #[error("find context `{wanted}`{}", choices(.known))]
    Context {
        /// The context asked for.
        wanted: String,
        /// Those that are there.
        known: Vec<String>,
    },
    /// There is none.
    #[error(
        "find a cluster: there is no kubeconfig and this does not run in a pod; give `--kubeconfig`, or set `KUBECONFIG`"
    )]
    NoCluster,
    /// A proxy stands before the API server.
    #[error(
        "reach `{server}` through the proxy `{proxy}`: Tidegate talks to API servers without one; {remedy}"
    )]
    Proxy {
        /// The API server's address.
        server: String,
        /// The proxy's host.
        proxy: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// The connection cannot be set up.
    #[error("set up the connection to `{server}`: {why}")]
    Client {
        /// The API server's address.
        server: String,
        /// Why not.
        why: String,
    },
}

fn choices(contexts: &[String]) -> String {
    match contexts {
        [] => "; there are no contexts in the kubeconfig".to_owned(),
        names => format!("; there are `{}`", names.join("`, `")),
    }
}

/// Sets the connection up. The first call opens it.
pub async fn connect(options: &Options) -> Result<Client, ConnectError> {
    // A second call finds the provider of the first in place, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut config = configuration(options).await?;
    config.connect_timeout = Some(CONNECT_DEADLINE);
    // Whoever calls decides about retries: a write must not be repeated behind the plan's back.
    config.default_retry = false;
    let agent = HeaderValue::from_static(AGENT);
    config.headers.push((USER_AGENT, agent));
    if let Some(user) = &options.impersonate {
        config.auth_info.impersonate = Some(user.clone());
    }
    let server = config.cluster_url.to_string();
    let builder = ClientBuilder::try_from(config).map_err(|error| ConnectError::Client {
        server: server.clone(),
        why: root_cause(&error),
    })?;
    let client = Client::new(builder.build(), server.trim_end_matches('/'));
    Ok(match options.deadline {
        Some(deadline) => client.with_deadline(deadline),
        None => client,
    })
}

async fn configuration(options: &Options) -> Result<Config, ConnectError> {
    let (path, kubeconfig) = match &options.kubeconfig {
        Some(path) => (Some(path.clone()), Some(read(path)?)),
        None => (None, from_environment()?),
    };
    match kubeconfig {
        Some(kubeconfig) => of_context(path, kubeconfig, options.context.as_deref()).await,
        None if options.context.is_none() => {
            Config::incluster().map_err(|_| ConnectError::NoCluster)
        }
        None => Err(ConnectError::NoCluster),
    }
}

/// The files of `KUBECONFIG`, merged, or the one in the home folder. Missing files are left out, as
/// `kubectl` does.
fn from_environment() -> Result<Option<Kubeconfig>, ConnectError> {
    let listed: Vec<_> = std::env::var_os("KUBECONFIG")
        .map(|list| std::env::split_paths(&list).collect())
        .unwrap_or_default();
    let is_listed = |path: &PathBuf| !path.as_os_str().is_empty();
    let candidates = if listed.iter().any(is_listed) {
        listed
    } else {
        let home = std::env::home_dir();
        let path = home.map(|home| home.join(".kube").join("config"));
        path.into_iter().collect()
    };
    let mut merged = None;
    for path in candidates.iter().filter(|path| path.is_file()) {
        let next = read(path)?;
        merged = Some(match merged.take() {
            None => next,
            Some(first) => merge(first, next, path)?,
        });
    }
    Ok(merged)
}

fn merge(first: Kubeconfig, next: Kubeconfig, path: &Path) -> Result<Kubeconfig, ConnectError> {
    first.merge(next).map_err(|error| unusable(path, &error))
}

fn read(path: &Path) -> Result<Kubeconfig, ConnectError> {
    Kubeconfig::read_from(path).map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, error: &KubeconfigError) -> ConnectError {
    // A parser's words repeat the line at fault, which may hold a token.
    let why = match error {
        KubeconfigError::ReadConfig(error, _) => error.to_string(),
        KubeconfigError::Parse(_) => "it is not valid YAML, or not a kubeconfig".to_owned(),
        other => other.to_string(),
    };
    ConnectError::Kubeconfig {
        path: Some(path.to_owned()),
        why,
    }
}

async fn of_context(
    path: Option<PathBuf>,
    kubeconfig: Kubeconfig,
    context: Option<&str>,
) -> Result<Config, ConnectError> {
    let contexts = kubeconfig.contexts.iter();
    let known: Vec<_> = contexts.map(|context| context.name.clone()).collect();
    let options = KubeConfigOptions {
        context: context.map(str::to_owned),
        ..KubeConfigOptions::default()
    };
    let proxies = proxy::stated(&kubeconfig);
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .map_err(|error| match error {
            KubeconfigError::LoadContext(wanted) => ConnectError::Context { wanted, known },
            KubeconfigError::CurrentContextNotSet => ConnectError::Kubeconfig {
                path,
                why: "it has no current context; give `--context`".to_owned(),
            },
            other => ConnectError::Kubeconfig {
                path,
                why: other.to_string(),
            },
        })?;
    proxy::settle(&mut config, &proxies)?;
    Ok(config)
}
