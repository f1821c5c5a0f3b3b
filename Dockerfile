# The same Node as the node-linux-* packages in package.json; a spec keeps them equal.
ARG NODE_VERSION=26.10.0

FROM node:${NODE_VERSION}-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Optional packages are a Node, which the image has, and PostgreSQL servers: here DATABASE_URL names one.
RUN npm ci --omit=optional
COPY . .
RUN npm run build \
  && rm -rf dist/apps/sandbox \
  && npm prune --omit=dev --omit=optional

FROM node:${NODE_VERSION}-bookworm-slim
# The service runs from dist; package managers would only help an intruder.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn-* \
    /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg \
  && install -d -o 1000 -g 1000 /var/lib/gateway /var/lib/gateway/journal /var/lib/gateway/spool
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=4000 \
    CONFIG_FILE_PATH=/app/config.yaml \
    JOURNAL_DIR=/var/lib/gateway/journal \
    TMPDIR=/var/lib/gateway/spool
VOLUME /var/lib/gateway
USER 1000:1000
EXPOSE 4000
# The flags: a third less memory, and no long pauses on one core; see docs/decisions.
CMD ["node", "--max-semi-space-size=8", "--heap-growing-percent=50", "--no-memory-reducer", "--v8-pool-size=2", "dist/apps/gateway/src/main.js"]
