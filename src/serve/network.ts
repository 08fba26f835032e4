/**
 * Under the permission model, started with the network allowed: gives that up, for the rest of this process's life. What is listened on, and what is connected,
 * stays. Nothing else happens where the model does not hold this process.
 */
export const giveUpNetwork = (): void => {
  if (process.permission?.has('net')) process.permission.drop('net')
}
