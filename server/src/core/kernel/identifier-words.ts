// Words that kernel identifiers are made of. A misspelling is told from another identifier by this: get and set, map and unmap,
// attach and detach differ by two letters and are both right. Counted in Linux 6.1 and 6.12 (drivers/iommu, drivers/vfio,
// drivers/base, drivers/pci, kernel/dma, include/linux): parts of at least four letters that stand in names of at least ten files.

const words = `
abort aborted accept access accesses account accounting acct acked acpi acquire action actions activate activated active activity
actual adapter added additional addr address addrs adjust admin advance affinity after alarm alen alert algo algorithm alias align
aligned alignment alive alloc allocate allocated allow allowed alpha already always amba andnot anon aperture append apple apply
arch area args array asic asid aspm assert assign assoc asym async atime atmel atomic attach attached attention attn attr attrib
attribute attributes attrs audio audit auth author auto autoprobe autosuspend auxiliary avail available axis back backing
backlight backup balancing bandwidth bank banks barno barrier bars base baseclass basic batch batt battery bcast bclk bcma bdev
before begin below best bias bidirectional binary bind bios bist bitfield bitmap bitmask bits blank blink block blocked blocking
blocks blocksize board bool boost boot both bottom bounce bound boundary branch break bridge brightness broadcast broken buck
bucket buff buffer buffers build builtin bulk bundle burst buses busn busy button bvec byname bypass byte bytes cable cache cached
cacheline caches caching calc calculate calib call callback callbacks caller camera cancel cansleep capabilities capability
capable capacity caps capture card cardbus carrier case cast cause cdev cell cells ceph cgroup cgrp chain chained chan change
changed channel channels char charge charger charging check checks checksum child children chip chips chipselect choose chunk
claim claimed clamp class classdev classes clean cleanup clear client clients clkdiv clkreq clks clnt clock clockid clocks cloexec
clone close closed closest cluster cmdline cmdq cmds cmos cmpxchg cnfg cntl cntr cntrl code codec coherency coherent cold color
combine comm command commands commit common comp compact compaction companion compare compat compatible compiler compl complete
completed completion component compose compound compress compressed compute cond conf config configfs configuration configure
configured conflict congested congestion conn connect connected connection connector conntrack cons console const constant
constraint constraints consume consumer consumers cont container contains contended context contig contiguous continue control
controller conv convert cookie copy core coredump correct count counted counter counters counts cpufreq cpuhp cpumask cpup cpus
crash create cred crit critical crypto csum ctlr ctrl ctxt curr current cursor custom cycle cycles data date davinci dcdc
deactivate dead dealloc deassert debounce debug debugfs declare decode decompress decrypt decrypted dedicated default defaults
defer deferred define defined defs deinit delay delayed delete delta denied dentry deny depth dequeue dereference deregister desc
descr description descriptor descs dest destination destroy detach detect detected devcap devctl devfn device deviceid devices
devicetable devid devm devres devs devt dflt diag diff digest direct direction directory dirent dirty disable disabled disc
discard discharge disconnect disconnected discovery disk disp dispatch display dist divisor dmar domain domains done dont doorbell
double down download downstream dpll drain dram drive driver drivers drop dropped drvdata dtor dual dummy dump duplex duration
duty dword dying dynamic each early ecam ecap edge edma eeprom effective efuse egress ehci eint elem element elements embedded
emerg emit empty enable enabled encap encode encoding encrypt encrypted encryption endian endpoint energy enforce engine enqueue
enter entity entries entropy entry enum eprobe equal erase errata errno error errors ether ethernet ethtool evaluate event eventfd
events exact exception exchange excl exclude exclusive exec execute exist exists exit expand expect expected expire expired
expires expiry export extend extended extension extent external extra extract factor fail failed failure fake fall fallback
falling false family fast fasync fatal fault fcntl fcoe feat feature features fence fetch field fields fifo file files fill filter
filters final finalize find fini finish firmware first fixed fixup flag flags flash flat flex flow flush fmode folio follow fops
forbid force forced fork format forward found fpga frac frag fragment frame frames free freed freeze freq frequency from front
frozen fscache fsid ftrace full func funcs function functions fwnode fwspec gain gate gather general generate generation generic
genmask getattr getsockopt global going good gpio gpiod gpios granularity graph green group groups grow guard guest guid half halt
handle handled handler handlers handshake hard hardirq hardware hash have hdmi head header headers health height held helper
hibernate hidden hide hierarchy high highest highmem hint history hlen hlist hmac hold hole hook hooks host hotplug hour hours
hrtimer huge hugepage hugetlb hwirq hwmon hwpoison hwpt hwtstamp hyst iatu identity idle idmap iface ignore ilim image immediate
immutable impl import inactive inbound include included incr increment index indexed indicator indio indirect inet info
information ingress inherit init initcall initial initialize initialized initializer initiator inject inline inner inode inodes
input insert inst install instance instances instruction instrumentation inta intb intc intd integer integrity intel intensity
interface internal interrupt interruptible interrupts interval intf intmask intr ints intx inval invalid invalidate invert
inverted ioapic ioas ioasid ioctl iomap iomem iommu iommufd iopf ioport iopt ioremap ioresource iotlb iounmap iova irqchip irqd
irqf irqrestore irqreturn irqs irqsave irugo isolate isolated isolation issue item items iter iterate iterator iwusr jiffies join
jump kasan kasprintf kbuild kcalloc kdev keep kern kernel kernfs kexec keyboard keymap keypad keys kfree kgid kick kill killable
klist kmalloc kmap kmem kmemdup kmsan kobj kobject kref kset kstrdup kthread ktime kuid kunit kunmap kzalloc label lane lanes
large last latch late latency layer layout lazy leaf leave leds left legacy length level levels license light likely limit limited
limits line linear link linkdown links linkup linux list listen lists little live llist llseek lnkcap lnkctl lnksta load loaded
loader local location lock lockdep locked locking lockless locks loff logging logic logical long longs lookup loop loopback loss
lost lower lowest lpae ltssm mach machine magic mailbox main major make managed manager manual manufacturer many maple mapped
mapping mappings maps mark marker mask masked masks master match matches matching matrix maybe mbox mcast mclk mdev mdio measure
media medium member memblock memcg memcpy meminfo memory mempool memremap memset merge message meta metadata method mgmt might
migrate migration minalign minor mips misc mismatch miss mixed mixer mkdir mknod mmap mmio mode model modes modify modname module
modules monitor mono monotonic month more mostly mount movable move msec msecs msix mstr mtime mult multi multicast multiple
multiplier must mute mutex name named names namespace nand native nbits need needed needs negative nents nest nested nesting
netdev netdevice netfilter netlink network next nexus nice nocache node nodemask nodes noexec noirq nomem nonblock none nonfatal
noop noprof noresume normal nosync note notice notif notification notifier notifiers notify notrace nowait nowarn nsec null numa
number numnodes nvidia nvme nvram object objects offline offload offs offset offsets omap once oneshot online only onoff onstack
oops opaque opcode open opened operation operations option optional options opts order ordering orig origin other outbound outer
output over overflow overlap override overrun owner ownership pack package packed packet packets padding paddr page paged pagemap
pages pagetable paging pair panel panic para parallel param parameter parameters params parent parity parm parms parse parser part
partial partition partitions parts pasid pasids pass passive patch path pattern pause payload pcibios pcie pcieaer pciehp pcix
pclk pcmcia pcpu pdata pdev peak peek peer pend pending percpu perf performance period peripheral perm permanent permission perms
perr persistent perst pglist pgoff pgprot pgrp pgsize pgsizes pgtable pgtbl phandle phase phys physfn physical pinctrl ping pinned
pins pipe pixel pkey placement plat platdata platform plug plus pmic pmsg point pointer points poison polarity policy poll polling
pool populate populated port ports positive posix possible post postcore power powerdown powered poweroff poweron powerup prealloc
preempt pref prefer preferred prefetch prefix prep prepare prepared presence present preserve preset press pressure prev prevent
primary print printf printk prio priority priv private privileged probe proc process processor prod producer product profile prog
program progress prop properties property props prot protect protected protection proto protocol prove provider pseudo ptes ptrace
ptrs pull pulldown pullup pulse push puts pwron qcom qsize query queue queued queues quiet quirk quirks quota radix raise ramp
random randomize range ranges rate ratelimit ratelimited ratio rbtree rdlh rdma rdonly rdwr reachable read readable readahead
readb reader readl readonly readq readrq reads readw ready real realloc reason reboot receive received receiver reclaim record
recover recovered recovery recursive recv recvmsg reenable refclk refcnt refcount reference refresh refs regcache region regions
register registered registers regmap regs regulator regulators reinit reject relative relax relaxed release released remaining
remap remote removable removal remove removed rename repeat replace replay reply report reporting reqs request requested requests
require required rescan resched resend reservation reserve reserved reset resets resize resolve resource resources resp respond
response restart restore restricted result resume resuming resv retrain retries retry return reverse revert revision right ring
rise rising rlimit roce role root round roundup route router routing rows rqst rsrc rsvd rtctl rule running runtime rwlock rwsem
safe same sample samples sampling samsung sanitize sata save saved scale scan sched schedule scope scoped scratch screen scsi sctp
sdio search seccomp second secondary seconds secret secs sect section sector sectors secure security seed segment segments segs
select selected selection selector self selftest semaphore send sense sensor sensors sent seqcount seqlock sequence serial serr
server service sess session setattr setting settings setup sgtable shadow share shared shift shmem short should show shpc shrink
shutdown sibling side siginfo sign signal signature signed simple single sink size sizeof sizes skip slab slave sleep slew slot
slots slow sltcap sltctl small smart smmu snapshot snoop sock sockaddr socket sockptr soft softirq software sort source space span
spare sparse spec special specific speed spin spinlock splice split spread sram srcu sriov ssize stable stack stage stale stall
stamp standard standby start started starting startup stat state stateless states statfs static stats status step sticky still
stop stopped storage store stream streams strength strict stride string strings strobe struct stub subclass subdev submit
subordinate subsys subsystem subtree subtype success successful sunrpc super supp supplies supply support supported supports
suppress susp suspend suspended swap swiotlb switch symbol symlink sync synced synchronize synchronous syscall sysclk syscon
sysctl sysfs system table tables tagged tags tail taint take target task tasklet tasks teardown tegra temp temperature template
term terminate test text tgid thaw therm thermal this thread threaded threads thresh threshold throttle tick time timeout timer
timers times timespec timestamp timing toggle token topology total touch touchscreen trace tracepoint tracing track tracker
tracking trans transaction transfer transition translate translation transmit transparent transport trap tree trig trigger
triggers trim true truncate trusted trylock tstamp tune tunnel tuple turn type typec types uart uevent uint uintptr ulong ulpi
umode umount unaligned unassigned unbind unblock uncached unconfigure uncor undefined under undo unhashed unicast uninit
uninterruptible union unique unit units unix unknown unless unlikely unlink unload unlock unlocked unmanaged unmap unmapped unmask
unpin unpoison unprepare unreg unregister unsafe unset unshare unsigned unspec unsupported until unuse unused update updated upper
upstream uptr uring usage usec usecs used user userns users userspace uses using usleep uuid uvlo vaddr valid validate value
values variant vbat vbus vcore vcpu vdev vector vectors vendor verifier verify vers version vfio vfunc video violation virq virt
virtfn virtio virtual visible vlan vmalloc vmap vmid void volatile volt voltage volume vout vport vref vsel vsys wait waiting
waitq waitqueue wake wakeup walk want wants warm warn warning watch watchdog watermark wdog weak weight wide width window windows
wireless with wlan word words work workaround worker workqueue wrap wrapper writable write writeable writeb writeback writel
writeq writes writew written wrong xarray xattr xchg xfer xilinx xlate xmit xprt xtal year zalloc zero zeroed zone zones
`;

/** Lower-case parts of kernel names, between underscores. */
export const identifierWords: ReadonlySet<string> = new Set(words.trim().split(/\s+/u));
