# The service as an image with nothing in it but the binary, a list of what it is made
# of, the authorities it trusts and a place for its database.
#
#   docker build -t slagate .
#
# The binary depends on the commit and the version of Go alone: no cgo, no paths,
# no build id. Two builds of one commit are the same bytes, wherever they are made; so is the
# list. Take the version of Go by digest if the image must be reproducible too.
FROM golang:1.26 AS build

# What makes the list. It has nothing to do with the binary.
RUN CGO_ENABLED=0 GOBIN=/usr/local/bin go install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.9.0

WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download && go mod verify
COPY . .
RUN CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -trimpath -ldflags='-s -w -buildid=' -o /out/slagate ./cmd/slagate
# The list of all modules that are linked in, read from the finished binary itself (CycloneDX). The
# time at which it was made would make each one differ.
RUN cyclonedx-gomod bin -json -noserial -std -output /out/sbom.json /out/slagate && \
    sed '/^ *"timestamp": /d' /out/sbom.json > /out/sbom.cdx.json && rm /out/sbom.json
# Directories cannot be made in an empty image, so they are brought along.
RUN mkdir -p /out/data /out/tmp && chmod 0700 /out/data && chmod 1777 /out/tmp

FROM scratch

LABEL org.opencontainers.image.title="slagate" \
      org.opencontainers.image.description="Guards the promises a company makes to its customers" \
      org.opencontainers.image.source="https://github.com/slagate/slagate" \
      org.opencontainers.image.licenses="Apache-2.0"

COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/LICENSE /LICENSE
COPY --from=build /out/sbom.cdx.json /sbom.cdx.json
COPY --from=build /out/slagate /slagate
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build --chown=65532:65532 /out/tmp /tmp

# An unprivileged user without a name or a shell.
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080

ENV SLAGATE_LISTEN=0.0.0.0:8080 \
    SLAGATE_DATABASE_URL=sqlite:/data/slagate.db \
    SLAGATE_LOG_FORMAT=json

# No HEALTHCHECK: there is no shell to run one. Probe /healthz and /readyz (deploy/README.md).
STOPSIGNAL SIGTERM
ENTRYPOINT ["/slagate"]
CMD ["serve"]
