// Exit codes by which shells know what stopped a process.

export const exitCodes: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143 };
