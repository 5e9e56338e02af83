// @ts-check
// The front camera, and pictures made small enough for a slow network.

/** Longest side of a picture that is sent, in pixels. */
const LONGEST_SIDE = 720;
/** Pictures above this are encoded again with less quality. */
const TARGET_BYTES = 150_000;
const QUALITIES = [0.9, 0.8, 0.7, 0.55];
/** Width by height of the viewfinder: what the person sees is what is sent. */
const ASPECT = 3 / 4;

/**
 * Opens the front camera in the video element.
 *
 * @param {HTMLVideoElement} video
 * @returns {Promise<'ready' | 'refused' | 'missing'>}
 */
export async function openCamera(video) {
  if (!navigator.mediaDevices?.getUserMedia) return 'missing';
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: 'user', width: { ideal: 1280 }, height: { ideal: 960 } },
    });
    await video.play();
    if (video.videoWidth === 0) await once(video, 'loadeddata');
    return 'ready';
  } catch (error) {
    closeCamera(video);
    const name = error instanceof Error ? error.name : '';
    return name === 'NotAllowedError' || name === 'SecurityError' ? 'refused' : 'missing';
  }
}

/** @param {HTMLVideoElement} video */
export function closeCamera(video) {
  const stream = /** @type {MediaStream | null} */ (video.srcObject);
  for (const track of stream?.getTracks() ?? []) track.stop();
  video.srcObject = null;
}

/**
 * Takes the part of the present picture that the viewfinder shows, onto the canvas and as a JPEG.
 *
 * @param {HTMLVideoElement} video
 * @param {HTMLCanvasElement} canvas
 */
export function takePicture(video, canvas) {
  const { videoWidth, videoHeight } = video;
  const width = Math.min(videoWidth, videoHeight * ASPECT);
  const height = Math.min(videoHeight, videoWidth / ASPECT);
  const crop = { x: (videoWidth - width) / 2, y: (videoHeight - height) / 2, width, height };
  draw(canvas, video, crop);
  return encode(canvas);
}

/**
 * Shrinks a chosen file, turned upright.
 *
 * @param {File} file
 * @param {HTMLCanvasElement} canvas
 * @returns {Promise<Blob>} the file itself when the browser cannot decode it: the verifier will say so
 */
export async function shrinkFile(file, canvas) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
    const { width, height } = picture;
    draw(canvas, picture, { x: 0, y: 0, width, height });
    picture.close();
    return await encode(canvas);
  } catch {
    return new Blob([file], { type: 'image/jpeg' });
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasImageSource} source
 * @param {{ x: number, y: number, width: number, height: number }} crop
 */
function draw(canvas, source, { x, y, width, height }) {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, x, y, width, height, 0, 0, canvas.width, canvas.height);
}

/** @param {HTMLCanvasElement} canvas */
async function encode(canvas) {
  let blob = await jpegOf(canvas, QUALITIES[0]);
  for (const quality of QUALITIES.slice(1)) {
    if (blob.size <= TARGET_BYTES) break;
    blob = await jpegOf(canvas, quality);
  }
  return blob;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} quality
 * @returns {Promise<Blob>}
 */
function jpegOf(canvas, quality) {
  return new Promise((resolve, reject) => {
    const done = (/** @type {Blob | null} */ blob) =>
      blob ? resolve(blob) : reject(new Error('The picture could not be encoded'));
    canvas.toBlob(done, 'image/jpeg', quality);
  });
}

/**
 * @param {EventTarget} target
 * @param {string} event
 */
function once(target, event) {
  return new Promise((resolve) => target.addEventListener(event, resolve, { once: true }));
}
