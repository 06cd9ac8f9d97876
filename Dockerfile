# Baton, and with `podsim` as its command a simulated inference pod. Node runs the TypeScript as it is: there is
# no build step. The same major version of Node as the devDependency `node` in package.json.
FROM node:24-slim

ENV NODE_ENV=production
WORKDIR /app

# A layer of its own: dependencies change less often than the source.
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force

COPY proto proto
COPY src src
COPY tools tools

# Comes with the image; nothing of /app belongs to it.
USER node

# ext_proc and gRPC health. The admin port (9090) stays on the container's loopback unless configured otherwise.
EXPOSE 9002

# Directly, without npm or a shell between: SIGTERM has to reach Baton, which drains.
ENTRYPOINT ["node", "/app/src/cli/main.ts"]
CMD ["serve"]
