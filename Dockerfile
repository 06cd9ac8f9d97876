# Baton, and with `podsim` as its command a simulated inference pod.
#
#   docker build --build-arg NODE_IMAGE=node:24-slim@sha256:… --tag baton .
#
# It runs with any user id, writes nothing, and needs no capability:
#
#   docker run --read-only --user 123456 --cap-drop ALL baton

# The base image. A release names its digest (.github/workflows/image.yaml). The major version is
# the one of the devDependency `node`, which the tests run on.
ARG NODE_IMAGE=node:24-slim

# What runs beside Baton's own code. Dependencies change less often than the source, so they have a
# stage.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.sh scripts/
COPY src src
COPY tools tools
RUN scripts/build.sh

FROM ${NODE_IMAGE}
ARG NODE_IMAGE
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Baton" \
      org.opencontainers.image.description="Envoy ext_proc scheduler for LLM inference pods" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${NODE_IMAGE}"

# tini handles signals from its first moment. As process 1, Node loses a SIGTERM that arrives before
# Baton has installed its handler, because the kernel drops signals of process 1 that have none.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY LICENSE NOTICE package.json ./
COPY bin bin
COPY proto proto
COPY envoy envoy
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
# Readable for every user id, whatever the umask of the machine that built it.
RUN chmod -R a+rX /app && ln -s /app/bin/baton.mjs /usr/local/bin/baton

# Reachable from other containers. It is stronger than `server.address` of a configuration file. The
# admin port (9090) stays on the container's loopback unless BATON_ADMIN_ADDRESS says otherwise.
ENV NODE_ENV=production \
    NODE_DISABLE_COMPILE_CACHE=1 \
    BATON_SERVER_ADDRESS=[::]:9002
EXPOSE 9002

# A number, so that Kubernetes can see that it is not root. It owns nothing below /app.
USER 1000

# Ready or standby. With TLS on the port, override it: baton probe --ca FILE.
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --start-interval=1s --retries=3 \
    CMD ["baton", "probe", "--service", "readiness"]

# Without npm or a shell between: tini passes every signal on to Baton.
ENTRYPOINT ["tini", "--", "node", "/app/bin/baton.mjs"]
CMD ["serve"]
