# Any image with Node 20.19 or newer will do (one without bash wants another HEALTHCHECK). Pin it where you deploy:
# --build-arg NODE_IMAGE=node@sha256:…, which `docker buildx imagetools inspect node:24-bookworm-slim` tells.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
# The optional package is SQLite for Node 20. Maps and declarations are for who develops: a third of all bytes.
RUN npm run build && npm prune --omit=dev --omit=optional \
  && find node_modules \( -name '*.map' -o -name '*.d.*ts' \) -type f -delete
RUN mkdir /data

FROM ${NODE_IMAGE}
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data
COPY --from=build --chown=1000:1000 /data /data
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
COPY views ./views
COPY public ./public
USER 1000:1000
VOLUME /data
EXPOSE 3000
# Where the program listens; bash, since a whole Node every ten seconds costs more than the program does.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/${HOST:-127.0.0.1}/${PORT:-3000} && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ $status = 200 ]"]
# A young generation of 1 MB instead of 16: a seventh less memory while idle, at no more processor time (.ci/measure.js).
CMD ["node", "--max-semi-space-size=1", "dist/main.js"]
