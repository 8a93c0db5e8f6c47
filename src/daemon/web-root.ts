import { join } from 'node:path'

/** Where the pages are, bundled, beside the program. */
export const WEB_ROOT = join(import.meta.dirname, '../web')
