//! What every way of serving shares: the log, and the end.
use std::io::IsTerminal;

use super::{Settings, settings::LogFormat};

/// Log lines: readable on a terminal, JSON otherwise.
pub fn start_logging(settings: &Settings) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(&settings.log)
        // Where nobody reads the log any more, requests are answered all the same.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    let json = match settings.log_format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    // A second subscriber is refused; then the first one goes on.
    let _ = if json {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.with_target(false).try_init()
    };
}

/// Waits for SIGTERM or SIGINT, lets what runs finish, and ends.
pub(crate) async fn until_stopped(running: crate::Running) -> std::io::Result<()> {
    let (handle, state) = (running.handle.clone(), running.state.clone());
    tokio::spawn(async move {
        stop_signal().await;
        tracing::info!("stopping");
        // Whoever listens to the log would be waited for.
        state.head.no_more();
        handle.stop(true).await;
    });
    running.ended().await?;
    tracing::info!("stopped");
    Ok(())
}

async fn stop_signal() {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        return;
    }
    let _ = tokio::signal::ctrl_c().await;
}
