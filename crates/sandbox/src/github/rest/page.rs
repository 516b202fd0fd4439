//! Pages: `page`, `per_page`, and the `Link` header.

use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use serde_json::Value;

use super::Context;

/// The page that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) number: usize,
    pub(crate) size: usize,
}

impl Page {
    /// Reads the query; 30 unless it says otherwise, 100 at most.
    pub(crate) fn of(context: &Context) -> Self {
        Self::of_size(context, 30)
    }

    /// The same with another default size.
    pub(crate) fn of_size(context: &Context, default: usize) -> Self {
        let number = |name: &str| context.parameter(name).and_then(|text| text.parse::<usize>().ok());
        Self {
            number: number("page").filter(|page| *page > 0).unwrap_or(1),
            size: number("per_page").filter(|size| *size > 0).unwrap_or(default).min(100),
        }
    }

    /// Cuts this page out of a list.
    pub(crate) fn cut<T>(self, items: Vec<T>) -> Vec<T> {
        items.into_iter().skip((self.number - 1) * self.size).take(self.size).collect()
    }

    /// The `Link` header for a list of `total` items: `None` if it fits on one page.
    pub(crate) fn link(self, context: &Context, total: usize) -> Option<String> {
        let last = total.div_ceil(self.size).max(1);
        let url = |page: usize| {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            let mut others: Vec<_> = context.query.iter().filter(|(name, _)| *name != "page").collect();
            others.sort();
            query.extend_pairs(others);
            query.append_pair("page", &page.to_string());
            format!("{}?{}", context.url, query.finish())
        };
        let mut links = Vec::new();
        if self.number > 1 {
            links.push((self.number - 1, "prev"));
        }
        if self.number < last {
            links.push((self.number + 1, "next"));
            links.push((last, "last"));
        }
        if self.number > 1 {
            links.push((1, "first"));
        }
        let text = |(page, rel): (usize, &str)| format!("<{}>; rel=\"{rel}\"", url(page));
        (!links.is_empty()).then(|| links.into_iter().map(text).collect::<Vec<_>>().join(", "))
    }
}

/// Answers with one page of a list.
pub(crate) fn paged(context: &Context, items: Vec<Value>) -> Response {
    let page = Page::of(context);
    let total = items.len();
    with_link(context, page, total, Value::Array(page.cut(items)))
}

/// Answers with `body` and the `Link` header of a list of `total` items.
pub(crate) fn with_link(context: &Context, page: Page, total: usize, body: Value) -> Response {
    let mut response = Json(body).into_response();
    if let Some(link) = page.link(context, total).and_then(|link| link.parse().ok()) {
        response.headers_mut().insert(http::header::LINK, link);
    }
    response
}
