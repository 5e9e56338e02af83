import { request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface FrameAnswer {
  /** HTTP status. */
  status: number;
  body: {
    status?: string;
    next?: string;
    frames_left?: number;
    attempts_left?: number;
    code?: string;
    detail?: string;
  };
  /** Unix milliseconds at which the last byte of the picture was handed to the network. */
  sentAt: number;
}

export interface Challenge {
  nonce: string;
  /** What the head has to do, in this order. */
  moves: string[];
  /** One picture for each, the frontal one first. */
  frames: string[];
}

/** A person with a browser in front of the hosted page, by the requests that the page makes. */
export interface Person {
  sendFrame: (jpeg: Buffer) => Promise<FrameAnswer>;
  startChallenge: () => Promise<Challenge>;
  /**
   * Sends one picture for each frame of the challenge.
   *
   * @returns the answer to the last one
   */
  answerChallenge: (
    challenge: Challenge,
    pictureOf: (frame: string, index: number) => Promise<Buffer>,
  ) => Promise<FrameAnswer>;
  /**
   * Waits for the outcome, follows the way back, and returns the callback of the app.
   *
   * @throws when the way leads to another step instead
   */
  comeBack: () => Promise<URL>;
  /** The same, but stops at the first page that is not the gateway's: the next step's, perhaps. */
  followBack: () => Promise<URL>;
}

/** Opens a session's link as a browser would, and presses the button. */
export async function openPage(url: string): Promise<Person> {
  const page = await fetch(url);
  if (page.status !== 200) throw new Error(`The page answered ${page.status}`);
  await page.body?.cancel();
  const { origin, pathname } = new URL(url);
  const api = `${origin}${pathname.replace(/^\/[a-zA-Z-]+\/session\//, '/session/')}`;
  await post<object>(`${api}/open`);

  const followBack = async () => {
    const outcome = await fetch(`${api}/outcome`);
    const { return_url: back } = (await outcome.json()) as { return_url: string | null };
    if (back === null) throw new Error('The page has nowhere to go back to');
    const redirect = await fetch(back, { redirect: 'manual' });
    const location = redirect.headers.get('location');
    if (location === null) throw new Error(`The return page answered ${redirect.status}`);
    return new URL(location);
  };
  const sendPicture = async (path: string, jpeg: Buffer) => sendBytes(`${api}${path}`, jpeg);

  return {
    sendFrame: (jpeg) => sendPicture('/frames', jpeg),
    startChallenge: () => post<Challenge>(`${api}/challenge`),
    answerChallenge: async ({ nonce, frames }, pictureOf) => {
      // A person moves when they are told to; drawing the pictures is not part of the answer's time.
      const pictures = await Promise.all(frames.map(pictureOf));
      let answer: FrameAnswer | undefined;
      for (const [index, jpeg] of pictures.entries()) {
        answer = await sendPicture(`/challenge/${nonce}/frames/${index}`, jpeg);
      }
      if (answer === undefined) throw new Error('The challenge asked for no picture');
      return answer;
    },
    followBack,
    comeBack: async () => {
      const target = await followBack();
      if (!target.searchParams.has('verificationSessionId')) {
        throw new Error(`The way back leads to another step: ${target.pathname}`);
      }
      return target;
    },
  };
}

async function post<Answer>(url: string): Promise<Answer> {
  const response = await fetch(url, { method: 'POST' });
  const body = await response.json();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${JSON.stringify(body)}`);
  return body as Answer;
}

/** `fetch` does not tell when the last byte left; the timing of a sign-in starts there. */
function sendBytes(url: string, bytes: Buffer): Promise<FrameAnswer> {
  return new Promise((resolve, reject) => {
    let sentAt = Number.NaN;
    const outgoing = request(
      url,
      { method: 'POST', headers: { 'content-type': 'image/jpeg', 'content-length': bytes.length } },
      (response) => {
        text(response).then(
          (body) => resolve({ status: response.statusCode ?? 0, body: JSON.parse(body), sentAt }),
          reject,
        );
      },
    );
    outgoing.on('finish', () => {
      sentAt = Date.now();
    });
    outgoing.on('error', reject);
    outgoing.end(bytes);
  });
}
