/** Lines of the attack list that are not attacked here, with the reason. */
export const NOT_YET: Readonly<Record<string, string>> = {};
