//! Argo CD behind TLS with a private authority that asks for a client's certificate, behind a proxy of the
//! environment.

#![expect(clippy::expect_used, reason = "what cannot be set up is a failed test")]

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use e2e::{Finished, Product, Step};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

/// A name that no resolver knows: only through the proxy anything is there.
const NAME: &str = "argocd.example.test";

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/network").join(name)
}

/// A proxy as `HTTPS_PROXY` and `HTTP_PROXY` name one. Whatever host is asked for, it leads to Argo CD: for `CONNECT`
/// behind TLS.
struct Proxy {
    url: String,
    connects: Arc<AtomicUsize>,
    forwards: Arc<AtomicUsize>,
}

impl Proxy {
    async fn before(argocd: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (connects, forwards) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (acceptor, argocd) = (acceptor(), argocd.trim_start_matches("http://").to_owned());
        let counts = (connects.clone(), forwards.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, argocd.clone(), acceptor.clone(), counts.clone()));
            }
        });
        Self { url, connects, forwards }
    }

    fn counts(&self) -> (usize, usize) {
        (self.connects.load(Ordering::SeqCst), self.forwards.load(Ordering::SeqCst))
    }
}

async fn serve(
    client: TcpStream,
    argocd: String,
    acceptor: TlsAcceptor,
    (connects, forwards): (Arc<AtomicUsize>, Arc<AtomicUsize>),
) {
    let mut client = BufReader::new(client);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && client.read_line(&mut head).await.is_ok_and(|read| read > 0) {}
    if head.starts_with("CONNECT ") {
        assert!(head.starts_with(&format!("CONNECT {NAME}:443 ")), "{head}");
        connects.fetch_add(1, Ordering::SeqCst);
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok();
        if let Ok(plain) = acceptor.accept(client).await {
            relay(plain, &argocd, "").await;
        }
    } else {
        forwards.fetch_add(1, Ordering::SeqCst);
        // A proxy is asked for the whole URL.
        relay(client, &argocd, &head.replacen(&format!("http://{NAME}"), "", 1)).await;
    }
}

async fn relay(mut client: impl AsyncRead + AsyncWrite + Unpin, argocd: &str, first: &str) {
    let Ok(mut upstream) = TcpStream::connect(argocd).await else { return };
    if upstream.write_all(first.as_bytes()).await.is_ok() {
        copy_bidirectional(&mut client, &mut upstream).await.ok();
    }
}

/// TLS as the server, for clients that have a certificate of the authority.
fn acceptor() -> TlsAcceptor {
    let certificates = |name| {
        let certificates = CertificateDer::pem_file_iter(file(name)).expect("a file");
        certificates.map(|one| one.expect("a certificate")).collect::<Vec<_>>()
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates("ca.pem"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
    let key = PrivateKeyDer::from_pem_file(file("server.key")).expect("a key");
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(verifier.expect("a verifier"))
        .with_single_cert(certificates("server.pem"), key);
    TlsAcceptor::from(Arc::new(config.expect("a configuration")))
}

/// A step that finds out what would be synced, with these inputs and variables.
async fn step(product: &Product, inputs: &[(&str, &str)], env: &[(&str, &str)]) -> Finished {
    let step = Step::in_actions("argocd-sync")
        .envs(&product.run("push", &json!({}), "dev", &[]))
        .input("token", product.argocd_token())
        .input("application", "dev")
        .input("project", "default")
        .input("revision", product.tip("dev").await)
        .input("timeout", "20s")
        .input("dry-run", "true");
    let step = inputs.iter().fold(step, |step, (name, value)| step.input(name, value));
    env.iter().fold(step, |step, (name, value)| step.env(name, value)).finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_a_private_authority_and_a_clients_certificate() {
    let product = Product::start().await;
    let proxy = Proxy::before(&product.world().urls.argocd).await;
    let path = |name| file(name).display().to_string();
    let (authority, certificate, key) = (path("ca.pem"), path("client.pem"), path("client.key"));
    let all = [
        ("server", NAME),
        ("ca-file", &authority),
        ("client-cert-file", &certificate),
        ("client-key-file", &key),
    ];
    let env = [("HTTPS_PROXY", proxy.url.as_str())];

    let finished = step(&product, &all, &env).await;
    assert_eq!(finished.code, Some(0), "{}", finished.log());
    assert_eq!(proxy.counts(), (1, 0));

    let finished = step(&product, &all[..2], &env).await;
    assert!(finished.code == Some(1) && finished.log().contains("CertificateRequired"), "{}", finished.log());

    let finished = step(&product, &all[..1], &env).await;
    assert!(finished.code == Some(1) && finished.log().contains("UnknownIssuer"), "{}", finished.log());

    // The proxy is not for this name, and nothing else leads there.
    let before = proxy.counts();
    let finished = step(&product, &all, &[env[0], ("NO_PROXY", "example.test")]).await;
    assert!(finished.code == Some(1) && finished.log().contains("Cannot connect"), "{}", finished.log());
    assert_eq!(proxy.counts(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_for_plain_http() {
    let product = Product::start().await;
    let proxy = Proxy::before(&product.world().urls.argocd).await;
    let server = format!("http://{NAME}");
    let finished = step(&product, &[("server", &server)], &[("HTTP_PROXY", &proxy.url)]).await;
    assert_eq!(finished.code, Some(0), "{}", finished.log());
    assert!(proxy.counts().1 > 0);
    // Its own address is not one for a proxy.
    let before = proxy.counts();
    let env = [("HTTP_PROXY", proxy.url.as_str()), ("NO_PROXY", "127.0.0.1")];
    let finished = step(&product, &[("server", &product.world().urls.argocd)], &env).await;
    assert_eq!(finished.code, Some(0), "{}", finished.log());
    assert_eq!(proxy.counts(), before);
}
