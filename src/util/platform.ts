/** What differs between operating systems, for code that has to ask. Tests pass the platform. */
type Platform = NodeJS.Platform;

/** The graphics interface that Dawn computes through. */
export function graphicsApi(platform: Platform = process.platform): 'Vulkan' | 'Metal' | 'Direct3D 12' {
  if (platform === 'darwin') return 'Metal';
  return platform === 'win32' ? 'Direct3D 12' : 'Vulkan';
}

/** Whether a program can stop itself until its shell continues it (SIGTSTP and SIGCONT). Windows has no job control. */
export const canSuspend = (platform: Platform = process.platform): boolean => platform !== 'win32';

/** Whether a folder can be opened and flushed to the disk as a file can. Windows opens no folders. */
export const canSyncFolders = (platform: Platform = process.platform): boolean => platform !== 'win32';
