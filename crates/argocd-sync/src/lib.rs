//! Syncs an Argo CD application and proves that the new pods serve
