//! TLS before the sandbox, which speaks plain HTTP.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use crate::{process, tools};

/// A private authority, and a certificate of it for 127.0.0.1.
pub(super) struct Certificate {
    /// The authority's certificate, for the clients.
    pub(super) authority: PathBuf,
    acceptor: TlsAcceptor,
}

impl Certificate {
    /// Makes both in `directory`.
    pub(super) fn make(directory: &Path) -> Result<Self, String> {
        const KEY: &[&str] = &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
        let openssl =
            tools::on_path("openssl").ok_or("openssl is not there: install the Debian package openssl")?;
        let run = |args: &[&str]| {
            process::output(Command::new(&openssl).args(args).current_dir(directory)).map(drop)
        };
        let extensions = "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n";
        fs::write(directory.join("extensions"), extensions).map_err(|error| error.to_string())?;
        run(&[
            &["req", "-x509", "-days", "2", "-subj", "/CN=bench", "-keyout", "ca.key", "-out", "ca.pem"],
            KEY,
        ]
        .concat())?;
        run(&[&["req", "-subj", "/CN=127.0.0.1", "-keyout", "key.pem", "-out", "request.pem"], KEY].concat())?;
        run(&[
            "x509",
            "-req",
            "-days",
            "2",
            "-in",
            "request.pem",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-extfile",
            "extensions",
            "-out",
            "certificate.pem",
        ])?;
        let acceptor = acceptor(directory).map_err(|error| error.to_string())?;
        Ok(Self { authority: directory.join("ca.pem"), acceptor })
    }

    /// Serves what is at `server`, with TLS, and returns where.
    pub(super) async fn before(&self, server: SocketAddr) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let acceptor = self.acceptor.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // A client that breaks off is seen by the server.
                tokio::spawn(carry(client, server, acceptor.clone()));
            }
        });
        Ok(address)
    }
}

async fn carry(client: TcpStream, server: SocketAddr, acceptor: TlsAcceptor) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut client = acceptor.accept(client).await?;
    let mut server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

fn acceptor(directory: &Path) -> Result<TlsAcceptor, Box<dyn std::error::Error>> {
    let certificate = CertificateDer::from_pem_file(directory.join("certificate.pem"))?;
    let key = PrivateKeyDer::from_pem_file(directory.join("key.pem"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
