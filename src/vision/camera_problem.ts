import { accessSync, constants, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Facts about camera devices that are available without OpenCV. */
export interface DeviceProbe {
  /** Paths of all camera devices: /dev/video*. */
  devices(): readonly string[];
  readable(device: string): boolean;
  /** Name of another program that has the device open, if this user may see it. */
  holder(device: string): string | undefined;
}

/** Explains why a camera cannot be opened, and what to do about it; undefined if no problem is found. */
export function cameraProblem(index: number, device: string, probe = LINUX): string | undefined {
  const devices = probe.devices();
  if (!devices.includes(device)) {
    const others = devices.map((path) => path.replace('/dev/video', '')).join(', ');
    const choice = others === '' ? 'plug one in' : `there are: --source ${others}`;
    return `camera ${index}: not found (no ${device}); ${choice}, or try a video file, or the built-in faces with --source demo`;
  }
  if (!probe.readable(device)) {
    return `camera ${index}: no permission to read ${device}; run sudo usermod -aG video "$USER", then log in again`;
  }
  const holder = probe.holder(device);
  if (holder !== undefined)
    return `camera ${index}: busy: ${device} is in use by ${holder}; close it, then try again`;
  return undefined;
}

/** The message for a camera that exists and is readable, but sends no picture. */
export function cameraRefused(index: number, device: string): string {
  return `camera ${index}: ${device} sends no picture; is it in use by another program? Some cameras have several devices: try --source ${index + 1}`;
}

export const LINUX: DeviceProbe = {
  devices: () =>
    readdirSync('/dev')
      .filter((name) => /^video\d+$/.test(name))
      .map((name) => `/dev/${name}`),
  readable: (device) => {
    try {
      accessSync(device, constants.R_OK | constants.W_OK);
      return true;
    } catch {
      return false;
    }
  },
  holder: (device) => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (pid !== String(process.pid) && holds(pid, device)) return `${nameOf(pid)} (process ${pid})`;
    }
    return undefined;
  },
};

function holds(pid: string, device: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`) === device;
      } catch {
        return false; // it has been closed in the meantime
      }
    });
  } catch {
    return false; // the process has ended, or belongs to another user
  }
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return 'another program';
  }
}

/** Whether this platform shows devices and open files in the file system. */
export function canProbe(): boolean {
  return process.platform === 'linux' && existsSync('/proc');
}
