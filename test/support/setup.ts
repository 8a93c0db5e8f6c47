import { forgetLogs } from './amsctl.ts'
import { forgetMinted } from './leaks.ts'

forgetLogs()
forgetMinted()
