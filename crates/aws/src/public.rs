//! The credential of Amazon's public gallery: one call of an interface of its own, JSON 1.1 and signed, for which
//! another generated client would be too much.

use std::time::SystemTime;

use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use model::{Deadline, Failure, Secret};
use reqwest::RequestBuilder;
use serde::Deserialize;
use serde_json::Value;
use toolkit::{http, retry_after};

use crate::{
    Aws, CallError, Keys, Kind, PUBLIC_GALLERY, Region, Session, Token, diagnose::About, retry::Stop,
};

/// The region that has the interface (<https://docs.aws.amazon.com/general/latest/gr/ecr-public.html>).
const REGION: &str = "us-east-1";
const TARGET: &str = "SpencerFrontendService.GetAuthorizationToken";
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
/// What errors call the interface.
pub(crate) const SERVICE: &str = "ECR Public";
const OPERATION: &str = "GetAuthorizationToken";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    authorization_data: Data,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    authorization_token: String,
    /// Seconds since 1970.
    expires_at: f64,
}

impl Aws {
    /// Asks for a credential for `public.ecr.aws`. Besides `ecr-public:GetAuthorizationToken` the identity needs
    /// `sts:GetServiceBearerToken`.
    pub async fn public_token(&self, session: &Session) -> Result<Token, Failure> {
        let call = async |_| self.ask_public(&session.keys).await.map_err(Stop::Call);
        let about =
            About { caller: Some(session.arn.clone()), region: REGION.to_owned(), ..About::default() };
        let token = self.until_done("public token", call, &about).await?;
        self.mask_token(&token.auth);
        Ok(token)
    }

    async fn ask_public(&self, keys: &Keys) -> Result<Token, CallError> {
        let error = |kind| CallError { service: SERVICE, operation: OPERATION, kind };
        let request = self.signed(keys).map_err(|why| error(Kind::Nonsense(why)))?;
        let deadline = Deadline::after(self.deadline.cap(crate::connector::PER_CALL));
        let reply =
            http::send(&self.http, request, deadline).await.map_err(|send| error(Kind::from(&send)))?;
        let retry_after = retry_after(reply.headers()).map(crate::error::seconds);
        let status = reply.status().as_u16();
        let request_id = reply.headers().get("x-amzn-requestid").and_then(|id| id.to_str().ok());
        let request_id = request_id.unwrap_or_default().to_owned();
        let body = tokio::time::timeout(deadline.remaining(), reply.bytes()).await;
        let Ok(Ok(body)) = body else { return Err(error(Kind::Timeout("half a reply".to_owned()))) };
        if status != 200 {
            let said: Value = serde_json::from_slice(&body).unwrap_or_default();
            let text = |name: &str| said[name].as_str().unwrap_or_default();
            // `__type` may carry the namespace: `com.amazonaws.ecrpublic#AccessDeniedException`.
            let code = text("__type").rsplit('#').next().unwrap_or_default().to_owned();
            let message =
                if said["message"].is_null() { text("Message") } else { text("message") }.to_owned();
            return Err(error(Kind::Reply { status, code, message, request_id, retry_after }));
        }
        let incomplete = |_| CallError::incomplete(SERVICE, OPERATION);
        let Reply { authorization_data: data } = serde_json::from_slice(&body).map_err(incomplete)?;
        let region: Region = REGION.parse().map_err(|_| CallError::incomplete(SERVICE, OPERATION))?;
        Ok(Token {
            region,
            host: PUBLIC_GALLERY.to_owned(),
            auth: Secret::new(data.authorization_token),
            expires_at: crate::error::time(&aws_smithy_types::DateTime::from_secs_f64(
                data.expires_at.floor(),
            )),
        })
    }

    fn signed(&self, keys: &Keys) -> Result<RequestBuilder, String> {
        let url = self.endpoints.ecr_public_url();
        let headers = [("content-type", CONTENT_TYPE), ("x-amz-target", TARGET)];
        let identity = keys.for_sdk().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name("ecr-public")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| error.to_string())?
            .into();
        let signable = SignableRequest::new("POST", url, headers.into_iter(), SignableBody::Bytes(b"{}"))
            .map_err(|error| error.to_string())?;
        let (instructions, _) = sign(signable, &params).map_err(|error| error.to_string())?.into_parts();
        let (signature, _) = instructions.into_parts();
        let request = self.http.post(url).body("{}");
        let request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        Ok(signature.iter().fold(request, |request, header| request.header(header.name(), header.value())))
    }
}
