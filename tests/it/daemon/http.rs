//! Single requests to the daemon; HTTP/1.0, so that the answer ends with the connection.

use std::fmt::Write as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::cluster::wait;

/// Status and body of what is answered to a `GET`.
pub(super) async fn get(address: &str, path: &str) -> (u16, String) {
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    ask(address, &request).await
}

/// Status and body of what is answered to a `POST`.
pub(super) async fn post(
    address: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, String) {
    let mut request = format!("POST {path} HTTP/1.0\r\nHost: {address}\r\n");
    for (name, value) in headers {
        let _ = write!(request, "{name}: {value}\r\n");
    }
    let _ = write!(request, "Content-Length: {}\r\n\r\n{body}", body.len());
    ask(address, &request).await
}

async fn ask(address: &str, request: &str) -> (u16, String) {
    let exchange = async {
        let mut socket = TcpStream::connect(address)
            .await
            .expect("the daemon listens");
        socket
            .write_all(request.as_bytes())
            .await
            .expect("the daemon reads");
        let mut answer = String::new();
        socket
            .read_to_string(&mut answer)
            .await
            .expect("the daemon answers");
        answer
    };
    let answer = wait::within("the daemon answers", exchange).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    (status.expect("a status"), body.to_owned())
}
