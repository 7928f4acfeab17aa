//! A mail, by SMTP.

use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use secrecy::ExposeSecret as _;

use super::{DEADLINE, NotTold, together};
use crate::error::root_cause;
use crate::outbound::Secrets;
use crate::release::Message;
use crate::resolve::Email;
use crate::spec::notify::MailTls;

pub(super) async fn tell(
    secrets: &Secrets,
    email: &Email,
    messages: &[Message],
) -> Result<(), NotTold> {
    if email.to.is_empty() {
        return Err(NotTold("there is nobody that the mail is for".to_owned()));
    }
    let mail = mail(email, messages)?;
    let transport = transport(secrets, email).await?;
    let sent = transport.send(mail).await;
    sent.map(drop)
        .map_err(|error| NotTold(format!("`{}`: {}", email.server, root_cause(&error))))
}

fn mail(email: &Email, messages: &[Message]) -> Result<lettre::Message, NotTold> {
    let mut builder = lettre::Message::builder()
        .from(mailbox(&email.from)?)
        .subject(subject(messages))
        .header(ContentType::TEXT_PLAIN);
    for address in &email.to {
        builder = builder.to(mailbox(address)?);
    }
    let text = together(messages);
    let mail = builder.body(text);
    mail.map_err(|error| NotTold(format!("the mail cannot be written: {error}")))
}

fn mailbox(address: &str) -> Result<Mailbox, NotTold> {
    let parsed = address.parse();
    parsed.map_err(|error| NotTold(format!("`{address}` is no address: {error}")))
}

/// What the mail is about. A line break would end it.
fn subject(messages: &[Message]) -> String {
    let title = messages.first().map(Message::title).unwrap_or_default();
    let line = title.split_whitespace().collect::<Vec<_>>().join(" ");
    match messages.len() {
        0 | 1 => format!("[tidegate] {line}"),
        count => format!("[tidegate] {line} (and {} more)", count - 1),
    }
}

async fn transport(
    secrets: &Secrets,
    email: &Email,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, NotTold> {
    let parameters = || {
        let parameters = TlsParameters::new(email.server.clone());
        parameters.map_err(|error| NotTold(format!("TLS cannot be set up: {error}")))
    };
    let tls = match email.tls {
        MailTls::Starttls => Tls::Required(parameters()?),
        MailTls::Implicit => Tls::Wrapper(parameters()?),
        MailTls::None => Tls::None,
    };
    let mut builder =
        AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(email.server.as_str())
            .port(email.port)
            .tls(tls)
            .timeout(Some(DEADLINE));
    if let Some((username, password)) = &email.login {
        let password = secrets.read(password, &email.server).await?;
        let password = password.expose_secret().to_owned();
        builder = builder.credentials(Credentials::new(username.clone(), password));
    }
    Ok(builder.build())
}
