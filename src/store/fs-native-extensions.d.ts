declare module 'fs-native-extensions' {
  /** Takes an exclusive lock on the open file, or answers false where another open file holds one. */
  export function tryLock(fd: number): boolean
}
