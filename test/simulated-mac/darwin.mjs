// Loaded with `node --import`: makes the program believe that it runs on macOS.
Object.defineProperty(process, 'platform', { value: 'darwin', configurable: true, enumerable: true });
