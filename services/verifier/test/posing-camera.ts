import { type DrawnIdentity, drawFace, TEST_POSES } from '@regard/testkit/drawn-faces';

/**
 * A script for the page that replaces its camera: a drawn person in front of it takes the pose that
 * the page asks for. Plain text, because it runs in the browser.
 */
export async function posingCamera(person: DrawnIdentity): Promise<string> {
  const poses: Record<string, string> = {};
  for (const [name, shot] of Object.entries(TEST_POSES)) {
    const jpeg = await drawFace(person, { ...shot, seed: 50 });
    poses[name] = `data:image/jpeg;base64,${jpeg.toString('base64')}`;
  }
  return `
    const canvas = Object.assign(document.createElement('canvas'), { width: 480, height: 640 });
    const context = canvas.getContext('2d');
    const pictures = {};
    for (const [name, src] of Object.entries(${JSON.stringify(poses)})) {
      pictures[name] = Object.assign(new Image(), { src });
    }
    let shots = 0;
    setInterval(() => {
      const asked = document.getElementById('app')?.dataset.move || 'frontal';
      context.drawImage(pictures[asked], 0, 0);
      // No two pictures of a real camera are the same.
      shots += 1;
      context.fillStyle = 'rgb(' + (shots * 37) % 256 + ' ' + shots % 256 + ' 0)';
      context.fillRect(0, 0, 16, 16);
    }, 40);
    navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(25);
  `;
}
