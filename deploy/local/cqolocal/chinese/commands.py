"""The commands: their help, and what click says by itself."""

CLICK = {
    "Usage:": "用法：",
    "Options": "选项",
    "Commands": "命令",
    "Aborted!": "已中止！",
    "Error: {message}": "错误：{message}",
    "Try '{command} {option}' for help.": "帮助：{command} {option}",
    "Show this message and exit.": "显示本说明并退出。",
    "No such command {name!r}.": "没有命令 {name!r}。",
    "No such option {name!r}.": "没有选项 {name!r}。",
    "Missing command.": "缺少命令。",
    "Missing argument": "缺少参数",
    "Missing option": "缺少选项",
    "Invalid value: {message}": "无效的值：{message}",
    "Invalid value for {param_hint}: {message}": "{param_hint} 的值无效：{message}",
    "{value!r} is not a valid {number_type}.": "{value!r} 不是有效的 {number_type}。",
    "Option {name!r} does not take a value.": "选项 {name!r} 不带值。",
    "Option {name!r} requires an argument.": "选项 {name!r} 需要一个值。",
    "Got unexpected extra argument ({args})": "多余的参数（{args}）",
    "Got unexpected extra arguments ({args})": "多余的参数（{args}）",
    "{value!r} is not one of {choices}.": "{value!r} 不是下列之一：{choices}。",
    "Did you mean {possibility}?": "您是否想输入 {possibility}？",
    "(Did you mean one of: {possibilities}?)": "（您是否想输入其中之一：{possibilities}？）",
    "default: {default}": "默认：{default}",
    "required": "必填",
}

COMMANDS = {
    **CLICK,
    "Runs the Chief Quality Officer programme's system on this machine, in .cqo/ and on loopback only.": (
        "在本机运行首席质量官制度业务系统；文件只在 .cqo/ 中，只监听本机回环地址。"
    ),
    "Play the programme from import to expiry, and show that nothing was lost.": (
        "从导入到证书到期，完整演示业务流程，并证明没有丢失任何事件。"
    ),
    "The figures as one JSON object on the last line.": "在最后一行以一个 JSON 对象输出各项数字。",
    "Kill services, the broker and database connections meanwhile.": "同时不断杀死服务、消息中间件和数据库连接。",
    "Start everything and keep it running; Ctrl-C stops it.": "启动全部并保持运行；按 Ctrl-C 停止。",
    "Return when everything is ready; ./cqo down ends it.": "全部就绪后即返回；用 ./cqo down 停止。",
    "Stop what `./cqo up` started, or is starting.": "停止 ./cqo up 已启动或正在启动的系统。",
    "Restart a service: it finishes what is under way, and starts anew.": "重启一个服务：先办完手头的事，再重新启动。",
    "Show what is running, and where; exit status 0 if all is up, 4 while it starts, 3 if nothing runs.": (
        "显示正在运行的服务及其地址；退出码：全部就绪为 0，正在启动为 4，没有运行为 3。"
    ),
    "As JSON.": "以 JSON 输出。",
    "Compare what every service has applied with what the others have announced; exit status 1 if any differs.": (
        "比对各服务已处理的事件与其他服务已发布的事件；有不一致时退出码为 1。"
    ),
    "Show the logs of all processes, or of one.": "显示全部或某个进程的日志。",
    "Go on as lines come.": "持续显示新的日志行。",
    "Check what this machine has, and say what would mend what it lacks.": "检查本机环境，并说明所缺之物如何补齐。",
    "List every setting, its meaning and its default.": "列出全部设置及其含义和默认值。",
    "Sign a bearer token for the running system.": "为运行中的系统签发令牌。",
    "Whose: province, division, enterprise, ops and so on.": "角色：province、division、enterprise、ops 等。",
    "For role division.": "用于角色 division：区划代码。",
    "For role enterprise: its id.": "用于角色 enterprise：企业的 id。",
    "For role cqo: the person's id.": "用于角色 cqo：人员的 id。",
    "For role system: as its subscriptions name it.": "用于角色 system：该系统在其订阅中的标识。",
    "How long it is valid.": "有效的小时数。",
    "Open psql on the database of a service, as its own role; further arguments go to psql.": (
        "以服务自己的角色打开其数据库的 psql；其余参数交给 psql。"
    ),
    "Run all tests, or one part of them; further arguments go to pytest.": (
        "运行全部测试或其中一部分；其余参数交给 pytest。"
    ),
    "Measure one thing, or all, beside what it is compared with; --json for programs; 1 where a goal is missed.": (
        "对某一项或全部性能作对比测量；--json 供程序读取；未达目标时退出码为 1。"
    ),
    "Write the lock files anew, after a change of a dependency.": "依赖变更后重新生成锁定文件。",
    "Take the newest releases; else pins stay as they are.": "采用最新版本；否则保持已锁定的版本。",
    "Show this text.": "显示本说明。",
}
