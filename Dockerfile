# syntax=docker/dockerfile:1

# The service in a container: built here, run without root, on a read-only root file system.
#   docker build -t kundansvar .
#   docker run --read-only --tmpfs /tmp -v kundansvar-data:/var/lib/kundansvar -p 127.0.0.1:8080:8080 kundansvar

FROM rust:1.95-bookworm AS builder
WORKDIR /source
COPY . .
# The caches outlive a build, so the program is copied out of them at once.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --release --locked --bin kundansvar \
    && install -D -m 0755 target/release/kundansvar /out/kundansvar

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="kundansvar" \
      org.opencontainers.image.licenses="EUPL-1.2"
# The certificates are for what the service itself calls.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 kundansvar \
    && useradd --system --uid 10001 --gid 10001 --home-dir /var/lib/kundansvar --shell /usr/sbin/nologin kundansvar \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/kundansvar
COPY --from=builder /out/kundansvar /usr/local/bin/kundansvar
COPY LICENSE /usr/share/doc/kundansvar/LICENSE

# Inside the container all addresses; what the world sees is what the port is published on.
ENV KUNDANSVAR_DATA_FOLDER=/var/lib/kundansvar \
    KUNDANSVAR_LISTEN=0.0.0.0:8080
USER 10001:10001
WORKDIR /var/lib/kundansvar
# The signing key, and the database where it is the embedded one: all that is ever written.
VOLUME /var/lib/kundansvar
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["kundansvar", "health"]
ENTRYPOINT ["kundansvar"]
CMD ["serve"]
