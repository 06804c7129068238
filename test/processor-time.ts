/** Starts to count the seconds of processor time that this process takes: whatever else the machine does, they stay the same. */
export function processorTime(): () => number {
  const began = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1e6;
  };
}
