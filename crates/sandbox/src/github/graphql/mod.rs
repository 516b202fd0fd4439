//! GraphQL.
use super::{
    error::ApiError,
    rest::{Context, Reply},
};
pub(crate) async fn answer(_context: Context) -> Reply {
    Err(ApiError::not_found())
}
