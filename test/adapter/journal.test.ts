import { journalConformance } from './journal.conformance.ts'
import { sqliteWorld } from './sqlite-world.ts'
import { storeConformance } from './store.conformance.ts'

journalConformance('SQLite', () => sqliteWorld())
journalConformance('SQLite, its log reserved', () => sqliteWorld({ reserved: true }))
storeConformance('SQLite', () => sqliteWorld())
