"""What is fetched, started, watched and stopped, and what can go wrong with it."""

FETCHING = {
    "preparing the Python environment from {lock} (once)": "正在按 {lock} 准备 Python 环境（仅首次）",
    "fetching uv": "下载 uv",
    "fetching Python packages": "下载 Python 软件包",
    "compiling the Python packages": "编译 Python 软件包",
    "fetching RabbitMQ": "下载 RabbitMQ",
    "installing {package}": "正在安装 {package}",
    "uv could not do it; trying pip": "uv 未能完成，改用 pip",
    "stopped; the next run goes on from here": "已停止；下次运行会接着进行",
    "{what}: {seconds} s": "{what}：{seconds} 秒",
    "{what}: {there} MB, {seconds} s": "{what}：已有 {there} MB，{seconds} 秒",
    "{what}: {there} of {total} MB, {seconds} s": "{what}：{there} MB，共 {total} MB，{seconds} 秒",
}

CAUSES = {
    "the disk that holds {folder} is full; make room, 2 GB are needed the first time": (
        "{folder} 所在的磁盘已满；请腾出空间，首次运行需要 2 GB"
    ),
    "{path} can't be written ({reason}); run ./cqo as its owner, or copy the project to a folder of yours": (
        "{path} 不可写（{reason}）；请以其所有者的身份运行 ./cqo，或把项目复制到自己的目录"
    ),
    "a folder can't be written: {said}": "目录不可写：{said}",
    "the package index does not answer; check the network, or name one: PIP_INDEX_URL ({said})": (
        "软件包索引没有应答；请检查网络，或用 PIP_INDEX_URL 指定一个（{said}）"
    ),
    "it has said nothing": "没有任何输出",
    "the Python packages could not be installed: {cause}": "未能安装 Python 软件包：{cause}",
    "the Python packages could not be compiled: {cause}": "未能编译 Python 软件包：{cause}",
    "Python can't make an environment here; mend it: sudo apt-get install {package}": (
        "此处的 Python 不能创建环境；解决办法：sudo apt-get install {package}"
    ),
    "install RabbitMQ (sudo apt-get install rabbitmq-server), or set CQO_AMQP_URL to a broker": (
        "请安装 RabbitMQ（sudo apt-get install rabbitmq-server），或用 CQO_AMQP_URL 指定一个"
    ),
    "install it (sudo apt-get install haproxy)": "请安装（sudo apt-get install haproxy）",
    "there is no {title} here, and no apt-get to fetch it with; {remedy}": (
        "本机没有 {title}，也没有可用来下载它的 apt-get；{remedy}"
    ),
    "{title} could not be fetched ({program}: {said}); {remedy}": "未能下载 {title}（{program}：{said}）；{remedy}",
    "{title} could not be fetched: the package sources do not answer, check the network; {remedy}": (
        "未能下载 {title}：本机的软件源没有应答，请检查网络；{remedy}"
    ),
    "the distribution's RabbitMQ packages hold no server; {remedy}": "发行版的 RabbitMQ 软件包中没有服务程序；{remedy}",
    "the distribution's Erlang packages hold no Erlang; {remedy}": "发行版的 Erlang 软件包中没有 Erlang；{remedy}",
    "{folder} belongs to somebody else; remove it: rm -rf {folder}": "{folder} 属于他人；请删除：rm -rf {folder}",
    "no free TCP port between 18000 and 32000; see what holds them: ss -ltnp": (
        "18000 至 32000 之间没有空闲的 TCP 端口；查看占用者：ss -ltnp"
    ),
    "PostgreSQL's wheel is missing; mend it: ./cqo doctor": "缺少 PostgreSQL 软件包；解决办法：./cqo doctor",
    "PostgreSQL's wheel is missing; mend it: rm -rf .cqo/env && ./cqo doctor": (
        "缺少 PostgreSQL 软件包；解决办法：rm -rf .cqo/env && ./cqo doctor"
    ),
    "PostgreSQL's data folder could not be made: {said}": "未能创建 PostgreSQL 的数据目录：{said}",
    "PostgreSQL did not start: {said}; see {log}": "PostgreSQL 未能启动：{said}；详见 {log}",
    "RabbitMQ did not start: {said}; see {log}": "RabbitMQ 未能启动：{said}；详见 {log}",
    "HAProxy did not start: {said}; see {log}": "HAProxy 未能启动：{said}；详见 {log}",
    "{target} could not be locked: {said}": "未能锁定 {target}：{said}",
    "another run is using {folder}; wait until it has ended, or stop it (./cqo down)": (
        "另一次运行正在使用 {folder}；请等它结束，或停止它（./cqo down）"
    ),
}

STARTING = {
    "starting PostgreSQL": "正在启动 PostgreSQL",
    "starting RabbitMQ": "正在启动 RabbitMQ",
    "starting registry, training, notifications and reporting": "正在启动 registry、training、notifications、reporting",
    "preparing {what}": "正在准备{what}",
    "preparing {what} failed: {said}": "准备{what}失败：{said}",
    "preparing {what} failed ({command}): {said}": "准备{what}失败（{command}）：{said}",
    "the tables and the divisions": "数据表和区划",
    "the broker's exchanges and queues": "消息中间件的交换机和队列",
    "{service} is not ready: {said}; see {log}": "{service} 未就绪：{said}；详见 {log}",
    "it was stopped before it was ready": "尚未就绪即被停止",
    "it did not start, as is said above; its log is {log}": "未能启动，原因如上；日志为 {log}",
    "everything is ready; Ctrl-C stops it": "全部就绪；按 Ctrl-C 停止",
    "everything is ready; ./cqo status shows it, ./cqo down stops it": (
        "全部就绪；用 ./cqo status 查看，用 ./cqo down 停止"
    ),
    "it is up already: ./cqo status shows it, ./cqo down stops it": (
        "已在运行：用 ./cqo status 查看，用 ./cqo down 停止"
    ),
    "it is starting: ./cqo status shows it, ./cqo down stops it": "正在启动：用 ./cqo status 查看，用 ./cqo down 停止",
}

WATCHING = {
    "{name} ended ({reason}); it is started again": "{name} 已结束（{reason}），正在重新启动",
    "{name} ended ({reason}); it is started again in {seconds} s": "{name} 已结束（{reason}），{seconds} 秒后重新启动",
    "{name} ended; it is started again": "{name} 已结束，正在重新启动",
    "{name} is back": "{name} 已恢复",
    "signal {number}": "信号 {number}",
    "exit status {number}": "退出码 {number}",
    "could not be done, will be tried again: {cause}": "未能完成，稍后重试：{cause}",
    "{service} runs anew, after {seconds} s": "{service} 已重新运行，用时 {seconds} 秒",
    "{service} was not ready again within {seconds} s: ./cqo logs {service}": (
        "{service} 在 {seconds} 秒内没有重新就绪：./cqo logs {service}"
    ),
    "nothing is running": "没有在运行",
    "nothing is running; start it: ./cqo up": "没有在运行；启动：./cqo up",
    "stopping": "正在停止",
    "stopped": "已停止",
    "process {pid} did not stop within {seconds} s; end it: kill -9 {pid}": (
        "进程 {pid} 在 {seconds} 秒内没有停止；请结束它：kill -9 {pid}"
    ),
}

SHOWING = {
    "service": "服务",
    "API": "API",
    "ready": "就绪",
    "read on": "接口说明",
    "yes": "是",
    "no": "否",
    "logs in {logs}, letters in {letters}": "日志在 {logs}，信件在 {letters}",
    "there is no log of {service} in {folder}; start it: ./cqo up": "{folder} 中没有 {service} 的日志；启动：./cqo up",
    "there is no log in {folder}; start it: ./cqo up": "{folder} 中没有日志；启动：./cqo up",
    "there is no role {role}; the roles are {roles}": "没有角色 {role}；可用的角色：{roles}",
    "role {role} needs --{option}": "角色 {role} 需要 --{option}",
    "all services": "所有服务",
    "required": "必填",
    "default {value}": "默认 {value}",
    "; secret": "；保密",
}

DOCTOR = {
    "ok      {name}: {found}": "正常    {name}：{found}",
    "failed  {name}: {cause}": "失败    {name}：{cause}",
    "Python": "Python",
    "broker": "消息中间件",
    "database": "数据库",
    "disk": "磁盘",
    "ports": "端口",
    "{version} in {folder}": "{version}，位于 {folder}",
    "the one CQO_AMQP_URL names": "CQO_AMQP_URL 指定的消息中间件",
    "RabbitMQ in {folder}": "RabbitMQ，位于 {folder}",
    "PostgreSQL {version} from its wheel": "PostgreSQL {version}，来自其软件包",
    "{free} GB free": "剩余 {free} GB",
    "{free} MB free in {folder}; 2 GB are needed": "{folder} 剩余 {free} MB，需要 2 GB",
    "{ports} taken, others will be used": "{ports} 已被占用，将使用其他端口",
    "8001 to 8004 are free": "8001 至 8004 空闲",
}

COMPARING = {
    "reader": "订阅方",
    "publisher": "发布方",
    "agrees": "一致",
    "aggregates": "聚合数",
    "fetched": "补取",
    "differs": "差异",
    "last agreed": "上次一致",
    "never": "从未",
    "all": "全部",
    "{aggregate} {what}: {here} here, {there} there": "{aggregate} {what}：本方 {here}，对方 {there}",
    "the comparison has not ended; does the worker run? ./cqo logs shows it": (
        "比对尚未结束；worker 是否在运行？可用 ./cqo logs 查看"
    ),
}

TESTING = {
    "failed: {paths}": "失败：{paths}",
    "all passed": "全部通过",
    "--- {verdict}, after {seconds} s": "--- {verdict}，用时 {seconds} 秒",
    "--- {paths}: each is shown when it has ended": "--- {paths}：各部分结束后显示结果",
}

RUNNING = {**FETCHING, **CAUSES, **STARTING, **WATCHING, **SHOWING, **DOCTOR, **COMPARING, **TESTING}
