/** The release of both programs, as package.json says it; a test keeps the two equal. */
export const VERSION = '0.1.0';
