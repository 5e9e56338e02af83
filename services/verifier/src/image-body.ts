import type { IncomingMessage } from 'node:http';
import { RegardError } from '@regard/contract';
import type { HttpApp } from '@regard/service-kit';

/** Largest frame a page may upload. */
const MAX_IMAGE_BYTES = 5 * 1024 * 1024;

/** Lets the routes of a scope take a picture as their whole body, and nothing else with a body. */
export function acceptImages(scope: HttpApp): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    ['image/jpeg', 'image/png', 'image/webp'],
    (_request: unknown, payload: IncomingMessage) => readImage(payload),
  );
}

/**
 * Reads the body into one buffer of our own and wipes the pieces it came in: the analyser wipes
 * that one, so the picture is nowhere when the request is over.
 */
async function readImage(payload: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of payload as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_IMAGE_BYTES) throw new RegardError('RGD_BODY_TOO_LARGE');
    }
    // Not Buffer.concat: small ones would share the pool of other buffers.
    const image = Buffer.alloc(size);
    let offset = 0;
    for (const chunk of chunks) offset += chunk.copy(image, offset);
    return image;
  } finally {
    for (const chunk of chunks) chunk.fill(0);
  }
}
